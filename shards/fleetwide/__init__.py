"""Operations over many shards: in waves of a few at once, that stop at the first shard which gets worse."""
