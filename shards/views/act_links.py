"""Acts as links: to request forms that are filled in, of kinds that are registered and that the reader may request."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.http import urlencode

from novaops.fleets.paths import fleet_path
from novaops.operations import registry
from shards.acts import Act


@dataclass(frozen=True, slots=True)
class ActLink:
    label: str
    icon: str
    href: str
    danger: bool


def kinds_of(rights: Collection[str]) -> frozenset[str]:
    """The kinds that who holds these rights may request."""
    return frozenset(kind.name for kind in registry.kinds() if kind.right in rights)


def links(acts: Iterable[Act]) -> tuple[ActLink, ...]:
    return tuple(ActLink(act.label, act.icon, _address(act), act.danger) for act in acts)


def _address(act: Act) -> str:
    form = fleet_path("operation-request", kind=act.kind)
    return f"{form}?{urlencode(act.parameters)}" if act.parameters else form
