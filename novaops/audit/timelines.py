"""What happened to one thing of the fleet, or was done by one person: newest first, operations folded to one entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from novaops.audit.actors import ActorKind
from novaops.audit.models import Record
from novaops.audit.paging import number
from novaops.audit.selectors import about, touching
from novaops.audit.stories import Story, number_in, stories, told
from novaops.fleets.paths import fleet_path

# So many records are folded to one page of entries.
AT_ONCE = 120
PERSON = "person"
LEAD = "Everything that touched it, newest first. Times are UTC."
LEADS = {
    PERSON: "Everything that {name} did, and that was done about {name}, newest first. Times are UTC.",
    "tenant": "Everything that touched the tenant {name}, newest first. Times are UTC.",
    "shard": "Everything that touched the shard {name}, newest first. Times are UTC.",
}
# The pages of a thing itself, by scope: the address's name and what it calls the thing.
HOMES = {"shard": ("shard", "name"), "tenant": ("tenant", "tenant_id")}


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, or an operation with all of its records; `at` is when its newest record here was written."""

    at: datetime
    record: Record
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        return f"{self.date:%A, %Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Thing:
    """A scope and a name, as targets and subjects write them: "shard:shard-1"."""

    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    def sources(self) -> Iterable[QuerySet[Record]]:
        """Each by an index of its own; a record may come from several."""
        records = Record.objects.order_by("-sequence")
        yield about(str(self), records)
        yield touching(str(self), records)
        if self.scope == PERSON:
            yield records.filter(actor=self.name, actor_kind=ActorKind.PERSON)

    def is_touched_by(self, record: Record) -> bool:
        """A record of an operation that touches it: those that name their kind name their targets too."""
        if self.scope == PERSON:
            return record.actor == self.name and record.actor_kind == ActorKind.PERSON
        return getattr(record, "kind", None) is not None


def page_of_timeline(scope: str, name: str, query: QueryDict) -> dict[str, Any]:
    """The context of templates/audit/timeline.html; `query` may say `before=SEQUENCE`."""
    thing, before = Thing(scope, name), number(query.get("before"))
    records = newest(thing, before)
    entries = folded(thing, records, before)
    full = len(records) == AT_ONCE
    return {
        "thing": thing,
        "about": str(thing),
        "days": [Day(day, tuple(group)) for day, group in groupby(entries, lambda one: one.at.date())],
        "older": f"?before={records[-1].sequence}" if full else "",
        "first_page": before is None,
        "title": name,
        "lead": LEADS.get(scope, LEAD).format(name=name),
        "home": _home(thing),
        "narrowed": urlencode({"actor": name} if scope == PERSON else {"target": str(thing)}),
        "crumbs": [("Change log", fleet_path("changes")), ("Timeline", ""), (str(thing), "")],
    }


def newest(thing: Thing, before: int | None) -> list[Record]:
    """Its newest records, or those before a record; at most AT_ONCE."""
    found: dict[int, Record] = {}
    for source in thing.sources():
        older = source if before is None else source.filter(sequence__lt=before)
        found |= {one.sequence: one for one in told(older)[:AT_ONCE]}
    return sorted(found.values(), key=lambda one: -one.sequence)[:AT_ONCE]


def folded(thing: Thing, records: Sequence[Record], before: int | None) -> list[Entry]:
    """An operation stands where its newest record does; one that stands on a newer page is left out."""
    numbers = {one.sequence: number_in(one.subject) for one in records}
    about_operations = stories({number for number in numbers.values() if number})
    entries: list[Entry] = []
    seen: set[int] = set()
    for one in records:
        number = numbers[one.sequence]
        if number is None:
            entries.append(Entry(one.at, one))
        elif number not in seen:
            seen.add(number)
            story = about_operations[number]
            if not _stood_before(thing, story, before):
                entries.append(Entry(one.at, one, story))
    return entries


def _stood_before(thing: Thing, story: Story, before: int | None) -> bool:
    return before is not None and any(one.sequence >= before and thing.is_touched_by(one) for one in story.records)


def _home(thing: Thing) -> str:
    """The address of the thing's own page; empty where it has none."""
    if thing.scope == PERSON:
        return fleet_path("people")
    page, argument = HOMES.get(thing.scope, ("", ""))
    return fleet_path(page, **{argument: thing.name}) if page else ""
