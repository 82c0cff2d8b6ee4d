"""Addresses inside a fleet."""

from django.db import connection
from django.urls import reverse


def fleet_path(page: str, /, fleet: str = "", **kwargs: object) -> str:
    """The path of the page with that URL name, of `fleet` or of the fleet whose schema the connection is on."""
    return reverse(page, kwargs={"fleet": fleet or connection.tenant.slug, **kwargs})  # type: ignore[attr-defined]
