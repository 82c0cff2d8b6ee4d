"""The one template library that every component registers with, and what they share."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template import Context, Library
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = Library()


def component(name: str, /, **context: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", context)


def request_of(context: Context) -> HttpRequest | None:
    request = context.get("request")
    return request if isinstance(request, HttpRequest) else None


def link_with(context: Context, **changes: str | int | None) -> str:
    """This page's address with some query parameters changed; None takes one away."""
    request = request_of(context)
    query = request.GET.copy() if request else None
    if query is None:
        return "?" + "&".join(f"{name}={value}" for name, value in changes.items() if value is not None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else (request.path if request else "?")


def part(thing: Any, name: str, default: Any = None) -> Any:
    """A field of an object or of a mapping: plans and steps come as models or as stored JSON."""
    if isinstance(thing, Mapping):
        return thing.get(name, default)
    return getattr(thing, name, default)
