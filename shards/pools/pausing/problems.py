"""How a pause could not be had: sentences, and nothing is paused after any of them."""

from novaops.operations.contract import PermanentProblem


class NotPaused(PermanentProblem):
    """The pool is not paused, and was resumed where that was not certain."""


class NoGuard(NotPaused):
    """No guard runs that would answer for the end of a pause."""
