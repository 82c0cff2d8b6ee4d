"""Memcached's stats as types."""

from caching.clients.reply import Reply


class MemcachedStats(Reply):
    version: str
    uptime_seconds: int = 0
    items: int = 0
    items_total: int = 0
    bytes: int = 0
    limit_bytes: int = 0
    hits_total: int = 0
    misses_total: int = 0
    gets_total: int = 0
    sets_total: int = 0
    evictions_total: int = 0
    expired_unfetched_total: int = 0
    connections: int = 0
    max_connections: int = 0
    bytes_read_total: int = 0
    bytes_written_total: int = 0
    threads: int = 0

    @property
    def memory_used(self) -> float:
        return self.bytes / self.limit_bytes if self.limit_bytes else 0.0

    @property
    def hit_ratio(self) -> float | None:
        return self.hits_total / self.gets_total if self.gets_total else None


class SlabClass(Reply):
    number: int
    chunk_bytes: int = 0
    pages: int = 0
    chunks_used: int = 0
    chunks_free: int = 0
