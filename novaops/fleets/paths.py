"""Addresses inside a fleet."""

from django.db import connection
from django.urls import reverse


def fleet_path(name: str, fleet: str = "", **kwargs: object) -> str:
    """The path of a page of `fleet`, or of the fleet whose schema the connection is on."""
    return reverse(name, kwargs={"fleet": fleet or connection.tenant.slug, **kwargs})  # type: ignore[attr-defined]
