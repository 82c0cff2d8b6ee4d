"""What must be true of an operation that is over, whatever happened to its workers. Each violation is a sentence."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.operations import registry
from novaops.operations.choices import NEXT, Status, StepStatus
from novaops.operations.models import Operation, OperationLock
from tests.proof.kinds import STEPS
from tests.proof.ledger import Ledger

LAST_LINES = 8
TAKEN_BACK = {StepStatus.UNDONE, StepStatus.SKIPPED}
ENDINGS = {f"operation {status}": status for status in Status if status.terminal}
BECOMES = {
    **ENDINGS,
    "operation requested": Status.PLANNED,
    "operation due": Status.QUEUED,
    "operation started": Status.RUNNING,
    "operation resumed": Status.RUNNING,
    "operation paused": Status.PAUSED,
}


# In one transaction, and with one record: a request that is refused at once or finds nothing to do, and a worker that
# takes an operation whose locks another one holds.
IN_ONE_GO = {(Status.PLANNED, Status.REFUSED), (Status.PLANNED, Status.DONE), (Status.QUEUED, Status.REFUSED)}


def violations(operation: Operation) -> list[str]:
    """Of any kind: it ended done or taken back, the change log is whole and tells the same, nothing holds anything."""
    operation.refresh_from_db()
    return [*_of_its_end(operation), *_of_its_records(operation), *_of_the_chain()]


def told(operation: Operation) -> str:
    """How it stands, with its last lines, latest first."""
    lines = "\n".join(operation.lines.order_by("-id").values_list("text", flat=True)[:LAST_LINES])
    return f"Operation {operation.pk} ({operation.title}) is {operation.status}: {operation.outcome}\n{lines}"


def ledger_violations(operation: Operation, ledger: Ledger) -> list[str]:
    """Of the kind with ten steps: each effect happened once, and was taken back once or not at all."""
    effects, done = ledger.effects(), operation.status == Status.DONE
    wanted = Counter({(step, "do"): 1 for step in STEPS}) if done else _taken_back(effects)
    if effects != wanted:
        return [f"The effects are {dict(effects)}, not {dict(wanted)}."]
    left = ledger.standing()
    return [] if left == (list(STEPS) if done else []) else [f"What stands in the end is {left}."]


def _taken_back(effects: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Once each way, of a beginning of the steps."""
    steps = [step for step in STEPS if (step, "do") in effects]
    if steps != list(STEPS[: len(steps)]):
        return Counter()
    return Counter({(step, way): 1 for step in steps for way in ("do", "undo")})


def _of_its_end(operation: Operation) -> Iterator[str]:
    statuses = [step.status for step in operation.steps.all()]
    if not operation.state.terminal:
        yield f"It is {operation.status}."
    elif operation.status == Status.DONE and set(statuses) != {StepStatus.DONE}:
        yield f"It is done, and its steps are {statuses}."
    elif operation.status != Status.DONE and not _judged(operation) <= _nothing_left(operation):
        yield f"It is {operation.status}, and was not taken back: its steps are {statuses}."
    if operation.lease_owner or operation.lease_until or operation.reverting:
        yield f"It is over, and a worker holds it: {operation.lease_owner}, {operation.reverting or 'forwards'}."
    if OperationLock.objects.filter(operation=operation).exists():
        yield "It is over, and holds locks."


def _judged(operation: Operation) -> set[str]:
    """Of the steps that know how to take something back; where none does, of all."""
    kinds = {kind.name: kind for kind in registry.kinds()}
    ways = kinds[operation.kind].steps() if operation.kind in kinds else {}
    steps = list(operation.steps.all())
    knowing = [step for step in steps if step.key in ways and ways[step.key].undo is not None]
    return {step.status for step in knowing or steps}


def _nothing_left(operation: Operation) -> set[StepStatus]:
    """A step that nothing takes back may be cancelled before it acted: the case says whether it had."""
    ways = [way for kind in registry.kinds() if kind.name == operation.kind for way in kind.steps().values()]
    forward_only = bool(ways) and all(way.undo is None for way in ways)
    cancelled = operation.status == Status.CANCELLED and forward_only
    return {*TAKEN_BACK, StepStatus.CANCELLED} if cancelled else TAKEN_BACK


def _of_its_records(operation: Operation) -> Iterator[str]:
    steps = list(operation.steps.all())
    for status, verb in ((StepStatus.DONE, "step done"), (StepStatus.UNDONE, "step taken back")):
        for key, known in Counter(step.key for step in steps).items():
            said = Record.objects.filter(subject=f"{operation.subject}/{key}", verb=verb).count()
            least = sum(step.key == key and step.status == status for step in steps)
            if not least <= said <= known:
                yield f"{key} is {status} in {least} of {known} steps, and in {said} records."
    started = Record.objects.filter(subject=operation.subject, verb__in=["operation started", "operation resumed"])
    if started.count() != operation.turns:
        yield f"It had {operation.turns} turns, and the records tell of {started.count()}."
    yield from story_violations(operation)


def story_violations(operation: Operation) -> Iterator[str]:
    """The records tell of a legal way to the status that it has; it ended once or not yet."""
    story = story_of(operation)
    for before, after in pairwise(story):
        if after not in NEXT[before] and (before, after) not in IN_ONE_GO:
            yield f"The records tell that it went from {before} to {after}."
    if story[-1] is not operation.state:
        yield f"It is {operation.status}, and the records tell of {story[-1]}."


def story_of(operation: Operation) -> list[Status]:
    """The statuses that it had, one after another, by its records alone."""
    story, due = [Status.PLANNED], None
    for one in Record.objects.filter(subject=operation.subject).order_by("sequence"):
        due = one.data.get("due_at") or due
        waits = due is not None and datetime.fromisoformat(due) > one.at
        after = _after(one, story[-1], Status.SCHEDULED if waits else Status.QUEUED)
        if after is not None and after is not story[-1]:
            story.append(after)
    return story


def _after(one: Record, before: Status, released: Status) -> Status | None:
    """The status that the record tells of; None for one that changed nothing, such as a refusal of what a person
    wanted. `released` is where it goes when nobody else has to agree."""
    if one.verb == "operation refused" and "kind" not in one.data:
        return None
    if one.verb == "operation confirmed":
        return Status.WAITING if one.data["approvals_needed"] else released
    if one.verb == "operation approved":
        return Status.WAITING if one.data["missing"] else released
    if one.verb == "approval withdrawn":
        return Status.WAITING if one.data["missing"] else None
    if one.verb in ("resumption requested", "cancellation requested"):
        return Status.QUEUED if before is Status.PAUSED else None
    return BECOMES.get(one.verb)


def _of_the_chain() -> Iterator[str]:
    verdict = verify()
    if not verdict.whole:
        yield f"The change log is broken at record {verdict.sequence}: {verdict.problem}"
