"""Moving a tenant to another shard while its application writes: docs/moves.md says how it works."""
