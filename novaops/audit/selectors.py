"""Reading the change log."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from novaops.audit.models import Record


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page or an export is narrowed to; empty means everything."""

    actor: str = ""
    verb: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    @property
    def narrow(self) -> dict[str, str]:
        """The filters that are set, in words for the change log."""
        values: dict[str, Any] = {
            "actor": self.actor,
            "verb": self.verb,
            "subject": self.subject,
            "since": self.since,
            "until": self.until,
            "text": self.text,
        }
        return {name: str(value) for name, value in values.items() if value}


def filtered(filters: Filters) -> QuerySet[Record]:
    records = Record.objects.all()
    if filters.actor:
        records = records.filter(actor=filters.actor)
    if filters.verb:
        records = records.filter(verb=filters.verb)
    if filters.subject:
        # "operation:7" also finds its steps, "operation:7/flush", but never "operation:70".
        records = records.filter(Q(subject=filters.subject) | Q(subject__startswith=f"{filters.subject}/"))
    if filters.since:
        records = records.filter(at__gte=filters.since)
    if filters.until:
        records = records.filter(at__lt=filters.until)
    return _containing(records, filters.text) if filters.text else records


def _containing(records: QuerySet[Record], text: str) -> QuerySet[Record]:
    found = Q(outcome__icontains=text) | Q(subject__icontains=text) | Q(verb__icontains=text)
    by_data = records.annotate(written=Cast("data", TextField()))
    return by_data.filter(found | Q(actor__icontains=text) | Q(written__icontains=text))


def verbs() -> list[str]:
    return _distinct("verb")


def actors() -> list[str]:
    return _distinct("actor")


def _distinct(column: str) -> list[str]:
    return list(Record.objects.order_by(column).values_list(column, flat=True).distinct())


def last_of(subject: str, count: int = 50) -> list[Record]:
    """The newest records about one thing and its parts."""
    return list(filtered(Filters(subject=subject))[:count])


def day(text: str) -> datetime | None:
    """The beginning of a day written as 2026-11-23, in UTC; None when it is no day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def filters_of(query: Any) -> Filters:
    """From a page's address: actor, verb, subject, since and until (days, both included), q."""
    until = day(query.get("until", ""))
    return Filters(
        actor=query.get("actor", "").strip(),
        verb=query.get("verb", "").strip(),
        subject=query.get("subject", "").strip(),
        since=day(query.get("since", "")),
        until=until + timedelta(days=1) if until else None,
        text=query.get("q", "").strip(),
    )
