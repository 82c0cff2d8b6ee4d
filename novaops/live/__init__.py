"""Events of a fleet: published from any process, streamed to the pages that are open."""

from novaops.live.publishing import publish

__all__ = ["publish"]
