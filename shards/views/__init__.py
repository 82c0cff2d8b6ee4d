"""The shard map, tenants, replication and partitions."""
