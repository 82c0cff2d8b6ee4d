"""What somebody is told after too many wrong passwords."""

from datetime import timedelta
from math import ceil
from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOO_MANY = 429


def locked(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Says for how long, to people and (Retry-After) to programs."""
    wait: timedelta = get_cool_off(request) or timedelta()
    seconds = ceil(wait.total_seconds())
    page = render(request, "registration/locked.html", {"minutes": ceil(seconds / 60)}, status=TOO_MANY)
    page["Retry-After"] = str(seconds)
    return page
