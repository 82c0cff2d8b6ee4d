"""The whole stream in one sentence: which part does not work, since when, and what that means. Pure."""

from caching.stream.findings import MEANS
from caching.stream.seen import ChangeStream
from novaops.ui.formats import duration


def verdict(seen: ChangeStream) -> tuple[str, str, str]:
    """State, title, sentence: the first part on the way that does not work speaks."""
    if not seen.shards:
        return "unknown", "This fleet has no shards yet", "manage.py fleet import FILE registers them."
    for shard in seen.shards:
        if shard.reader.state in ("critical", "unknown"):
            return "critical", f"Changes of {shard.shard} are not read", f"{shard.reader.cause} {MEANS}"
    if not seen.nats_works:
        return "critical", "JetStream does not answer", f"Changes stay on the shards until it does. {MEANS}"
    lanes = [one for one in seen.invalidators if one.state in ("critical", "unknown")]
    if lanes:
        title = f"{len(lanes)} of {len(seen.invalidators)} lanes do not reach the caches"
        return "critical", title, f"{lanes[0].cause} {MEANS}"
    if seen.rollups.state in ("critical", "unknown"):
        meaning = "The caches are kept right; changes per minute are counted when it runs again."
        return "degraded", "Changes are not counted", f"{seen.rollups.cause} {meaning}"
    delay = seen.delay_seconds
    told = f"The last one took {duration(delay)} from its commit until both tiers had forgotten." if delay else ""
    return "ok", "Changes reach the caches", told or "Nothing has changed since the stream began."
