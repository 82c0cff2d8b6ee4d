"""Lists come in pages: `limit` and `offset` go in, `count` and `next` come out."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query

Limit = Annotated[int, Query(ge=1, le=500, description="How many, at most 500.")]
Offset = Annotated[int, Query(ge=0, description="How many to leave out.")]


def next_page(request: HttpRequest, offset: int, limit: int, count: int) -> str | None:
    """The address of the page behind this one; None at the end."""
    return with_query(request, offset=offset + limit) if offset + limit < count else None


def with_query(request: HttpRequest, **values: object) -> str:
    """This address with these values in its query."""
    query = request.GET.copy()
    for name, value in values.items():
        query[name] = str(value)
    return f"{request.path}?{query.urlencode()}"
