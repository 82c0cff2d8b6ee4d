"""Wishes that nobody could fulfil."""


class Contradiction(ValueError):
    """A sentence that names the tenants and shards whose rules exclude each other, or that are not there."""
