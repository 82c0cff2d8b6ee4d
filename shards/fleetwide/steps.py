"""How waves are carried out. An operation of its own for each shard, found again by its key by whoever goes on for a
killed worker. When one fails, or leaves its shard worse, those that are under way come to their own end, and no other
begins: then the whole fails, and says which and why."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from novaops.operations.children import begin_child, children_of, is_over, left_alone
from novaops.operations.choices import Status
from novaops.operations.contract import PermanentProblem, Step, StepContext
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.fleetwide.facts import ShardHealth, unwell
from shards.fleetwide.gather import health
from shards.fleetwide.plans import VERIFY_DRAIN, VERIFY_RESTART, WAVE

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 10.0
"""Between two tries to begin one whose shard another operation holds."""
BEGIN_SECONDS = 600.0
WELL_SECONDS = 180.0
ALONE_SECONDS = 60.0
DAY = 24 * 3600.0
STOPPED = "Nothing more was begun: mend that, then request it again for the shards that are left."

Child = Mapping[str, Any]


def wave(context: StepContext) -> str:
    children: Sequence[Child] = context.arguments["children"]
    problems = _begin(context, children)
    problems += _await(context, children)
    if not problems:
        problems = _await_well(context, children)
    if problems:
        raise PermanentProblem(f"{' '.join(problems)} {STOPPED}")
    return f"{', '.join(child['shard'] for child in children)}: done, and as well as before."


def _begin(context: StepContext, children: Sequence[Child]) -> list[str]:
    """Those that have not begun; the first that cannot begin keeps the others of its wave from it too."""
    parent = _parent(context)
    for child in children:
        known = children_of(parent).get(child["shard"])
        if known is not None and known.status != Status.PLANNED:
            continue
        now = _health(child)
        if faults := unwell(now, child["members"]):
            return [f"{child['shard']} was not begun: {'; '.join(faults)}."]
        if refusal := _begin_one(context, parent, child):
            return [f"{child['shard']} was not begun: {refusal}"]
    return []


def _begin_one(context: StepContext, parent: Operation, child: Child) -> str:
    """A shard that another operation holds is waited for; what its plan refuses is not."""
    name, kind, started = child["shard"], context.arguments["kind"], time.monotonic()
    while True:
        context.hold()
        refusal = begin_child(
            parent, name, kind, child["parameters"], f"{parent.reason} Part of operation {parent.pk}."
        )
        begun = children_of(parent).get(name)
        waits = begun is not None and begun.status == Status.PLANNED and not begun.expired
        if not refusal or not waits or time.monotonic() - started > BEGIN_SECONDS:
            return refusal
        _rest(context, f"{name} waits: {refusal}", AGAIN_SECONDS)


def _await(context: StepContext, children: Sequence[Child]) -> list[str]:
    """Until all that have begun have ended; sentences on those that did not come to a good end."""
    parent = _parent(context)
    while True:
        begun = {name: one for name, one in children_of(parent).items() if _is_of(name, children)}
        begun = {name: one for name, one in begun.items() if one.status != Status.PLANNED}
        going = {name: one for name, one in begun.items() if not is_over(one)}
        context.progress(len(begun) - len(going), len(children), f"{', '.join(going) or 'none'} under way")
        if not going:
            return [_failure(name, one) for name, one in begun.items() if one.status != Status.DONE]
        for one in going.values():
            if left_alone(one, ALONE_SECONDS):
                context.log(f"No worker is free for operation {one.pk}: this one carries it out itself.")
                execute(one.pk)
        pause()


def _is_of(name: str, children: Sequence[Child]) -> bool:
    return any(child["shard"] == name for child in children)


def _failure(name: str, one: Operation) -> str:
    return f"{name}: operation {one.pk} is {one.state.label.lower()}: {one.outcome.rstrip('.')}."


def _await_well(context: StepContext, children: Sequence[Child]) -> list[str]:
    """A shard has some time to become as it was: a standby that restarted has to catch up."""
    started = time.monotonic()
    while True:
        found = {child["shard"]: unwell(_health(child), child["members"]) for child in children}
        worse = {name: faults for name, faults in found.items() if faults}
        if not worse:
            return []
        if time.monotonic() - started > WELL_SECONDS:
            return [f"{name} is worse than before: {'; '.join(faults)}." for name, faults in worse.items()]
        name, faults = next(iter(worse.items()))
        context.progress(0, None, f"{name} is waited for: {faults[0]}")
        pause()


def _health(child: Child) -> ShardHealth:
    found = health((child["shard"],))
    gone = f"there is no shard {child['shard']} in this fleet any more"
    return found[0] if found else ShardHealth(shard=child["shard"], problem=gone)


def no_pending_restart(context: StepContext) -> str:
    """Members say so themselves, some moments after they restarted."""
    names = context.arguments["shards"]
    if not context.arguments["only_pending"]:
        return f"{', '.join(names)}: restarted."
    left = _until_none(context, lambda: [member for one in health(names) for member in one.pending])
    if left:
        raise PermanentProblem(f"{', '.join(left)} still wait for a restart.")
    return f"No member of {', '.join(names)} waits for a restart."


def nobody_leads(context: StepContext) -> str:
    servers = set(context.arguments["servers"])
    leaders = [one.leader.name for one in health(context.arguments["shards"]) if one.leader]
    if left := sorted(servers & set(leaders)):
        raise PermanentProblem(f"{', '.join(left)} {_lead(left)} again.")
    freed = sorted(servers)
    return f"{', '.join(freed)} {_lead(freed)} nothing any more; {', '.join(leaders)} {_lead(leaders)} instead."


def _lead(names: Sequence[str]) -> str:
    return "leads" if len(names) == 1 else "lead"


def _until_none(context: StepContext, left: Any) -> list[str]:
    started, found = time.monotonic(), list[str]()
    while time.monotonic() - started < WELL_SECONDS:
        found = left()
        if not found:
            return []
        context.progress(0, None, f"{found[0]} still says that it waits for a restart")
        pause()
    return found


def _parent(context: StepContext) -> Operation:
    return Operation.objects.get(pk=context.operation_id)


def _rest(context: StepContext, note: str, seconds: float) -> None:
    """In parts, so that who cancels it, or takes it over, does not wait."""
    for _ in _parts(seconds):
        context.progress(0, None, note)
        pause()


def _parts(seconds: float) -> Iterator[int]:
    return iter(range(max(1, round(seconds / LOOK_SECONDS))))


def pause() -> None:
    time.sleep(LOOK_SECONDS)


STEPS: Mapping[str, Step] = {
    WAVE: Step(run=wave, attempts=1000, timeout_seconds=2 * DAY),
    VERIFY_RESTART: Step(run=no_pending_restart, attempts=3, timeout_seconds=WELL_SECONDS + 60),
    VERIFY_DRAIN: Step(run=nobody_leads, attempts=3, timeout_seconds=60),
}
