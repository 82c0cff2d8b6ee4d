"""What a list or an export of the change log is narrowed to, as a page's address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

ENDINGS = ("done", "failed", "errored", "cancelled", "stale", "refused", "rejected", "expired")
"""The words for how an operation can end: its last record's verb is "operation done", "operation failed", ..."""

SHAPES = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
    ("%Y-%m-%dT%H:%M:%S", timedelta(seconds=1)),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means everything. `subject` finds a thing and its parts, `target` what touches it ("shard:shard-1"),
    `outcome` how an operation ended (one of ENDINGS); `since` is included, `until` is not."""

    actor: str = ""
    verb: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    kind: str = ""
    target: str = ""
    outcome: str = ""
    ticket: str = ""

    @property
    def narrow(self) -> dict[str, str]:
        """The filters that are set, in words for the change log."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value}


def filters_of(query: Mapping[str, str]) -> Filters:
    """From a page's address: the filters by their names, the text as `q`. `since` and `until` are days, minutes or
    seconds in UTC, both included: until 2026-11-23T14:05 means to the end of that minute."""
    last = span(query.get("until", ""))
    first = span(query.get("since", ""))
    names = ("actor", "verb", "subject", "kind", "target", "outcome", "ticket")
    return Filters(
        **{name: clean(query.get(name, "")) for name in names},
        since=first[0] if first else None,
        until=last[1] if last else None,
        text=clean(query.get("q", "")),
    )


def clean(text: str) -> str:
    """PostgreSQL knows no NUL in a text."""
    return text.replace("\x00", "").strip()


def span(text: str) -> tuple[datetime, datetime] | None:
    """Begin and end of a day, minute or second as an address writes it, in UTC; None when it is none of them."""
    for shape, length in SHAPES:
        try:
            begin = datetime.strptime(text.strip().removesuffix("Z"), shape).replace(tzinfo=UTC)
            return begin, begin + length
        except (ValueError, OverflowError):
            continue
    return None


def field_values(filters: Filters) -> dict[str, str]:
    """`since` and `until` as a browser's date-and-time field holds them; until is the last minute, or second, in it."""
    until = filters.until
    if until:
        until -= timedelta(seconds=1) if until.second else timedelta(minutes=1)
    return {"since": _field(filters.since), "until": _field(until)}


def _field(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S" if moment.second else "%Y-%m-%dT%H:%M")
