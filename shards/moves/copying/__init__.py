"""Copying a tenant's rows, part by part: each in one transaction of the shard that receives."""
