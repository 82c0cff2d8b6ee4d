"""The tables of this app, each defined in its own room."""

from caching.stream.models import StreamMinute, StreamPart, StreamPosition, StreamSettings, StreamSlot

__all__ = ["StreamMinute", "StreamPart", "StreamPosition", "StreamSettings", "StreamSlot"]
