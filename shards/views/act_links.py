"""Acts as links: to request forms that are filled in."""

from collections.abc import Iterable
from dataclasses import dataclass

from novaops.operations.request_forms import form_address
from shards.acts import Act


@dataclass(frozen=True, slots=True)
class ActLink:
    label: str
    icon: str
    href: str
    danger: bool


def links(acts: Iterable[Act]) -> tuple[ActLink, ...]:
    return tuple(ActLink(act.label, act.icon, form_address(act.kind, act.parameters), act.danger) for act in acts)
