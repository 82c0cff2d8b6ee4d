"""What the library raises."""


class Unavailable(Exception):
    """A tier could not be asked, or what was asked of it is not certain to last."""
