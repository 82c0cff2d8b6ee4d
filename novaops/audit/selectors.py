"""Reading the change log. Each of these stays quick on millions of records: see sql/finding.sql."""

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from novaops.audit.expressions import KIND, TARGETS, THING, TICKET, has_words, tsquery
from novaops.audit.filters import Filters, filters_of
from novaops.audit.models import Record

__all__ = ["Filters", "actors", "filtered", "filters_of", "kinds", "last_of", "thing_of", "verbs"]

PAST_THE_END = 2**63 - 1
MOST_NAMES = 1000
# Each step is one descent of an index, so that the whole table is never read.
NAMES = """
WITH RECURSIVE found AS (
    (SELECT {column} AS name FROM audit_record WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM audit_record WHERE {column} > found.name ORDER BY 1 LIMIT 1)
    FROM found WHERE found.name IS NOT NULL
)
SELECT name FROM found WHERE name IS NOT NULL LIMIT %s
"""


def filtered(filters: Filters) -> QuerySet[Record]:
    """Newest first."""
    records = Record.objects.order_by("-sequence")
    if filters.actor:
        records = records.filter(actor=filters.actor)
    if filters.verb:
        records = records.filter(verb=filters.verb)
    if filters.outcome:
        records = records.filter(verb=f"operation {filters.outcome}")
    if filters.subject:
        records = about(filters.subject, records)
    if filters.kind:
        records = records.alias(kind=KIND).filter(kind=filters.kind)
    if filters.ticket:
        records = records.alias(ticket=TICKET).filter(ticket=filters.ticket)
    if filters.target:
        records = touching(filters.target, records)
    records = _between(records, filters.since, filters.until)
    return _saying(records, filters.text) if filters.text else records


def about(subject: str, records: QuerySet[Record]) -> QuerySet[Record]:
    """ "operation:7" also finds its steps, "operation:7/flush", but never "operation:70"."""
    inside = Q(subject=subject) | Q(subject__startswith=f"{subject}/")
    return records.alias(thing=THING).filter(inside, thing=thing_of(subject))


def touching(target: str, records: QuerySet[Record]) -> QuerySet[Record]:
    return records.alias(touched=TARGETS).filter(touched__contains=[target])  # type: ignore[misc]


def thing_of(subject: str) -> str:
    """What a subject is a part of: "operation:7" of "operation:7/flush"."""
    return subject.partition("/")[0]


def _between(records: QuerySet[Record], since: datetime | None, until: datetime | None) -> QuerySet[Record]:
    """Time never runs backwards in the chain, so that a time is a place in it: looked up here, so that PostgreSQL
    knows how much lies between."""
    if since:
        records = records.filter(sequence__gte=_first_at(since))
    if until:
        records = records.filter(sequence__lt=_first_at(until))
    return records


def _first_at(moment: datetime) -> int:
    later = Record.objects.filter(at__gte=moment).order_by("at", "sequence").values_list("sequence", flat=True)
    return later.first() or PAST_THE_END


def _saying(records: QuerySet[Record], text: str) -> QuerySet[Record]:
    return records.filter(has_words(text)) if tsquery(text) else records.none()


def verbs() -> list[str]:
    return _names("verb")


def actors() -> list[str]:
    return _names("actor")


def kinds() -> list[str]:
    """Of operations."""
    return _names("left(data ->> 'kind', 200)")


def _names(column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES.format(column=column), [MOST_NAMES])
        return [name for (name,) in cursor.fetchall()]


def last_of(subject: str, count: int = 50) -> list[Record]:
    """The newest records about one thing and its parts."""
    return list(filtered(Filters(subject=subject))[:count])
