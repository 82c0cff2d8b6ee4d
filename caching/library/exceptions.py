"""What the library raises."""


class Unavailable(Exception):
    """A tier could not be asked, or what was asked of it is not certain to last."""


class NotStorable(ValueError):
    """The value has a form that its family's serialiser cannot write."""


class TooLarge(NotStorable):
    """`size` and `limit` in bytes."""

    def __init__(self, name: str, size: int, limit: int) -> None:
        super().__init__(f"{name} is {size:,} bytes; its family takes at most {limit:,}.")
        self.name, self.size, self.limit = name, size, limit
