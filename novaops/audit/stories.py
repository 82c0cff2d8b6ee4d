"""What the change log tells of an operation, from its request to its end: its records, and what they add up to.

The verbs are those that novaops.operations writes; a verb that is not known here is shown and changes nothing."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform

from novaops.audit.expressions import KIND, THING, TICKET
from novaops.audit.filters import ENDINGS
from novaops.audit.models import Record

OPERATION = re.compile(r"operation:(\d{1,18})(/.*)?", re.DOTALL)
REQUEST, START, LEFT = "operation requested", "operation started", "operation left planned"
ENDS = {f"operation {word}": word for word in ENDINGS}
STATES = {
    REQUEST: "planned",
    LEFT: "planned",
    "operation confirmed": "confirmed",
    "operation due": "queued",
    START: "running",
    "operation resumed": "running",
    "operation paused": "paused",
    "operation being taken back": "reverting",
    **ENDS,
}
STEP_STATES = {
    "step started": "running",
    "step being taken back": "undoing",
    "step taken back": "undone",
    **{f"step {word}": word for word in ("done", "failed", "errored", "cancelled")},
}
WORDS_OF_OTHERS = {
    "operation approved": "approved",
    "operation rejected": "rejected",
    "approval withdrawn": "withdrawn",
    "operation acknowledged": "acknowledged",
}
# An operation that comes to more is shown by its first ones, with a way to all.
MOST_RECORDS = 400


@dataclass(frozen=True, slots=True)
class StepTold:
    """One step as its last record tells; the steps component shows it."""

    key: str
    title: str
    state: str
    outcome: str
    error: str
    attempts: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """One operation. `began` is when a worker took it, `ended` when it was over."""

    number: int
    records: tuple[Record, ...]

    @property
    def requested(self) -> Record | None:
        return next((one for one in self.records if one.verb == REQUEST), None)

    @property
    def title(self) -> str:
        return self.requested.outcome if self.requested else f"Operation {self.number}"

    @property
    def state(self) -> str:
        return STATES[self._last.verb] if self._last else "requested"

    @property
    def end(self) -> Record | None:
        over = self.state in ENDINGS
        return next((one for one in reversed(self.records) if one.verb in ENDS), None) if over else None

    @property
    def left_planned(self) -> Record | None:
        """Its schedule did not confirm it, nor did anybody since; the record says why."""
        return self._last if self._last and self._last.verb == LEFT else None

    @property
    def began(self) -> datetime | None:
        return next((one.at for one in self.records if one.verb == START), None)

    @property
    def took(self) -> timedelta | None:
        """From the first worker to the end."""
        return self.end.at - self.began if self.end and self.began else None

    @property
    def said_by_others(self) -> tuple[Record, ...]:
        """Approvals, rejections, what was withdrawn, and acknowledgements."""
        return tuple(one for one in self.records if one.verb in WORDS_OF_OTHERS)

    @property
    def steps(self) -> tuple[StepTold, ...]:
        by_key: dict[str, list[Record]] = defaultdict(list)
        for one in self.records:
            if one.verb in STEP_STATES:
                by_key[one.subject.partition("/")[2]].append(one)
        return tuple(_step(key, told) for key, told in by_key.items())

    @property
    def _last(self) -> Record | None:
        """The last record that says where it stands; a refusal of somebody's wish is none."""
        told = [one for one in self.records if one.verb in STATES and (one.verb not in ENDS or self._about_itself(one))]
        return told[-1] if told else None

    @staticmethod
    def _about_itself(one: Record) -> bool:
        return getattr(one, "kind", None) is not None


def number_in(subject: str) -> int | None:
    """The operation that a subject is about."""
    found = OPERATION.fullmatch(subject)
    return int(found[1]) if found else None


def told(records: QuerySet[Record]) -> QuerySet[Record]:
    """With what lists show of `data`, and without the rest of it, which may be large."""
    parts: dict[str, Any] = {name: KeyTextTransform(name, "data") for name in ("risk", "reason", "title", "attempts")}
    return records.annotate(kind=KIND, ticket=TICKET, **parts).defer("data")


def stories(numbers: Iterable[int]) -> dict[int, Story]:
    """Of several operations, in one query."""
    things = [f"operation:{number}" for number in numbers]
    if not things:
        return {}
    found: dict[int, list[Record]] = defaultdict(list)
    for one in told(Record.objects.alias(thing=THING).filter(thing__in=things)).order_by("sequence"):
        found[number_in(one.subject) or 0].append(one)
    return {number: Story(number, tuple(records)) for number, records in found.items()}


def story(number: int) -> Story:
    records = told(Record.objects.alias(thing=THING).filter(thing=f"operation:{number}")).order_by("sequence")
    return Story(number, tuple(records[:MOST_RECORDS]))


def _step(key: str, told: Sequence[Record]) -> StepTold:
    last = told[-1]
    state, over = STEP_STATES[last.verb], last.verb not in ("step started", "step being taken back")
    bad = state in ("failed", "errored", "cancelled")
    return StepTold(
        key=key,
        title=getattr(last, "title", None) or key,
        state=state,
        outcome="" if bad else last.outcome,
        error=last.outcome if bad else "",
        attempts=int(getattr(last, "attempts", None) or 1),
        started_at=told[0].at,
        finished_at=last.at if over else None,
    )
