"""The change stream: what changes on a shard becomes a notice, and the caches forget what it made old.

    shard -> reader (logical decoding) -> JetStream -> invalidator, rollups

At least once, in order per tenant; a notice leaves the shard's slot only when JetStream has it, and JetStream only when
both tiers have been told. docs/change-stream.md has the whole story."""
