"""`{% fleet_url "replication" %}`: addresses inside the fleet that the page is about."""

from typing import Any

from django import template

from novaops.fleets.paths import fleet_path

register = template.Library()


@register.simple_tag(takes_context=True)
def fleet_url(context: dict[str, Any], page: str, **kwargs: object) -> str:
    """The path of `page` (a URL name) in the request's fleet."""
    return fleet_path(page, context["request"].fleet.slug, **kwargs)
