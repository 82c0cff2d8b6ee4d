"""Pages of records by their number: as quick at the end of a long change log as at its beginning."""

import json
from dataclasses import dataclass

from django.db.models import Min, QuerySet
from django.http import QueryDict

from novaops.audit.models import Head, Record
from novaops.ui.formats import human_number

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Newest first; `newer`, `older`, `newest`: addresses of the pages around it, empty where there is none."""

    records: tuple[Record, ...]
    newer: str = ""
    older: str = ""
    newest: str = ""

    @property
    def whole(self) -> bool:
        """Everything that there is stands on this page."""
        return not self.newer and not self.older


def page_of(records: QuerySet[Record], query: QueryDict, size: int = PER_PAGE) -> RecordPage:
    """`query` may say `before=SEQUENCE` or `after=SEQUENCE`; `records` are newest first."""
    before, after = number(query.get("before")), number(query.get("after"))
    if after is not None and before is None:
        return _towards_newer(records, query, after, size)
    found = list((records if before is None else records.filter(sequence__lt=before))[: size + 1])
    shown = tuple(found[:size])
    newer = _link(query, after=before - 1) if before is not None else ""
    older = _link(query, before=shown[-1].sequence) if len(found) > size else ""
    return RecordPage(shown, newer, older, _link(query) if before is not None else "")


def _towards_newer(records: QuerySet[Record], query: QueryDict, after: int, size: int) -> RecordPage:
    found = list(records.filter(sequence__gt=after).order_by("sequence")[: size + 1])
    shown = tuple(reversed(found[:size]))
    newer = _link(query, after=shown[0].sequence) if len(found) > size else ""
    return RecordPage(shown, newer, _link(query, before=after + 1), _link(query) if newer else "")


def number(text: str | None) -> int | None:
    """A record's number as an address says it."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _link(query: QueryDict, **place: int) -> str:
    changed = query.copy()
    for name in ("before", "after"):
        changed.pop(name, None)
    for name, sequence in place.items():
        changed[name] = str(sequence)
    return f"?{changed.urlencode()}"


def count_of(records: QuerySet[Record], page: RecordPage, narrowed: bool) -> str:
    """How many there are, in words: counted where that is cheap, else PostgreSQL's own estimate, which says "about"."""
    if page.whole:
        return _records(len(page.records))
    if not narrowed:
        first = Record.objects.aggregate(first=Min("sequence"))["first"]
        return _records(Head.objects.get().sequence - first + 1)
    estimate = max(_estimated(records), len(page.records) + 1)
    return f"about {_records(_rounded(estimate))}"


def _records(count: int) -> str:
    return f"{human_number(count)} {'record' if count == 1 else 'records'}"


def _estimated(records: QuerySet[Record]) -> int:
    [explained] = json.loads(records.explain(format="json"))
    return int(explained["Plan"]["Plan Rows"])


def _rounded(count: int) -> int:
    """To two digits: no more is known."""
    return round(count, 2 - len(str(count))) if count >= 100 else count
