"""The moment in which a tenant changes its shard, and what stands ready before it."""
