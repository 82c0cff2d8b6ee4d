"""Which tenants should live elsewhere, so that every shard carries its share: planned by pure functions of frozen
values, and carried out by operations that request a move for each."""
