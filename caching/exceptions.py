"""What can go wrong when a cache or the stream is asked."""


class CacheError(Exception):
    """`permanent` is True when the same request would fail again: wrong password, unknown command."""

    permanent = False


class NoAnswer(CacheError):
    """Nobody answered in time, or the answer was cut off."""


class Full(NoAnswer):
    """There is no room: it takes more when others have taken something out."""


class Refused(CacheError):
    """The system answered, and the answer is no."""

    permanent = True
