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
    connections_total: int = 0
    max_connections: int = 0
    rejected_total: int = 0
    evicted_unread_total: int = 0
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
    """Items of about one size. Each takes a whole chunk: what an item leaves of it is wasted. `requested_bytes` is what
    the items themselves take; None where the server does not say."""

    number: int
    chunk_bytes: int = 0
    pages: int = 0
    chunks_used: int = 0
    chunks_free: int = 0
    requested_bytes: int | None = None
    evicted_total: int = 0
    refused_total: int = 0
    oldest_seconds: int = 0
    sets_total: int = 0
    hits_total: int = 0

    @property
    def used_bytes(self) -> int:
        return self.chunk_bytes * self.chunks_used

    @property
    def free_bytes(self) -> int:
        """In pages that the class holds and does not use."""
        return self.chunk_bytes * self.chunks_free

    @property
    def wasted_bytes(self) -> int | None:
        return None if self.requested_bytes is None else max(0, self.used_bytes - self.requested_bytes)

    @property
    def waste(self) -> float | None:
        """Share of its used chunks that holds nothing, 0 to 1."""
        return self.wasted_bytes / self.used_bytes if self.wasted_bytes is not None and self.used_bytes else None
