"""Which tenants should live elsewhere, so that every shard carries its share. Planning only: pure functions of frozen
values, which a move then carries out."""
