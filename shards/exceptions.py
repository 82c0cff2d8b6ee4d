"""What can go wrong when a shard's systems are asked: each is a sentence, and says if trying again can help."""


class ShardError(Exception):
    """`permanent` is True when the same request would fail again: wrong password, refused, not found."""

    permanent = False


class NoAnswer(ShardError):
    """Nobody answered in time, or the answer was cut off. What was asked for may have happened all the same."""


class Refused(ShardError):
    """The system answered, and the answer is no."""

    permanent = True

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
