"""Addresses of request forms that are filled in, and which of them somebody may use."""

from collections.abc import Collection, Mapping

from django.utils.http import urlencode

from novaops.fleets.paths import fleet_path
from novaops.operations import registry


def kinds_of(rights: Collection[str]) -> frozenset[str]:
    """The kinds that who holds these rights may request."""
    return frozenset(kind.name for kind in registry.kinds() if kind.right in rights)


def form_address(kind: str, parameters: Mapping[str, str]) -> str:
    form = fleet_path("operation-request", kind=kind)
    return f"{form}?{urlencode(parameters)}" if parameters else form
