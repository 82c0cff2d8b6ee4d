"""Moving hash slots from one primary to another, one at a time; resumes wherever a worker died.

A slot goes as `redis-cli --cluster` moves it: it is IMPORTING on the target and MIGRATING on the source, its keys go
over in batches, then the target is told first that it owns the slot. Each of these commands may be sent twice. Redis
knows no fencing tokens: `hold` is asked before each batch, and what a replaced worker sends late goes the same way.

Who owns what is read anew at each attempt, so that a source that failed over is followed to its replica."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from caching.clients.redis_replies import ClusterNode
from caching.cluster.live import Live
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem

BATCH = 100
MIGRATE_MS = 5_000


@dataclass(frozen=True, slots=True)
class Errand:
    """These slots are to be on this node."""

    slots: tuple[int, ...]
    target: str


def move(context: StepContext, live: Live, errands: Sequence[Errand], word: str = "moved") -> tuple[int, int]:
    """How many slots and keys it moved; what is there already is left alone."""
    total = sum(len(errand.slots) for errand in errands)
    picture = Picture.of(live)
    seen, moved, keys = 0, 0, 0
    for errand in errands:
        for slot in errand.slots:
            context.progress(seen, total, f"{moved:,} slots with {keys:,} keys {word}; now slot {slot}")
            seen += 1
            if picture.needs(slot, errand.target):
                keys += _brought(context, live, picture, slot, errand.target)
                moved += 1
    context.progress(total, total, f"{moved:,} slots with {keys:,} keys {word}")
    return moved, keys


@dataclass(frozen=True, slots=True)
class Picture:
    """Who leads each slot by most members' word; which slots are half-way, with the node that imports each, or none;
    and who the primaries are."""

    owners: dict[int, str]
    open: dict[int, str]
    primaries: tuple[str, ...]

    @classmethod
    def of(cls, live: Live) -> "Picture":
        votes: dict[int, Counter[str]] = {}
        still: dict[int, str] = {}
        leading: dict[str, None] = {}
        for _, nodes in live.members():
            for node in nodes:
                if not node.leads or node.failed:
                    continue
                leading |= {node.id: None} if "myself" in node.flags else {}
                for one in node.moving:
                    still[one.slot] = node.id if one.importing else still.get(one.slot, "")
                for part in node.slots:
                    for slot in range(part.first, part.last + 1):
                        votes.setdefault(slot, Counter())[node.id] += 1
        for slot, found in votes.items():
            if len(found) > 1:
                still.setdefault(slot, "")
        owners = {slot: found.most_common(1)[0][0] for slot, found in votes.items()}
        return cls(owners, still, tuple(leading))

    def needs(self, slot: int, target_id: str) -> bool:
        return self.owners.get(slot) != target_id or slot in self.open


def _brought(context: StepContext, live: Live, picture: Picture, slot: int, target_id: str) -> int:
    """A slot that was on its way from the target is there in full before it comes back: no key is in two places."""
    importer = picture.open.get(slot, "")
    if picture.owners.get(slot) == target_id and importer not in ("", target_id):
        carried = move_slot(context, live, picture, slot, importer)
        picture.owners[slot] = importer
        return carried + move_slot(context, live, picture, slot, target_id)
    return move_slot(context, live, picture, slot, target_id)


def move_slot(context: StepContext, live: Live, picture: Picture, slot: int, target_id: str) -> int:
    """Keys that it carried."""
    source_id = picture.owners.get(slot)
    if target_id not in picture.primaries or source_id is None:
        raise TransientProblem(f"Slot {slot} has no primary that answers, or {live.name(target_id)} is none any more.")
    keys = 0
    if not _has(live.own(target_id), slot):
        context.hold()
        live.ask(target_id, "CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
        live.ask(source_id, "CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
        keys = _carry(context, live, slot, source_id, target_id)
    context.hold()
    _assign(live, slot, target_id, (target_id, source_id, *picture.primaries))
    return keys


def settle(live: Live, slots: Sequence[int]) -> int:
    """Slots of these that were left half-way to a node that is gone: their owners keep them. How many there were."""
    wanted, settled = set(slots), 0
    for target, nodes in live.members():
        own = next(node for node in nodes if "myself" in node.flags)
        for moving in own.moving:
            if moving.slot in wanted:
                live.ask_target(target, "CLUSTER", "SETSLOT", moving.slot, "STABLE")
                settled += 1
    return settled


def _has(node: ClusterNode, slot: int) -> bool:
    return any(part.first <= slot <= part.last for part in node.slots)


def _carry(context: StepContext, live: Live, slot: int, source_id: str, target_id: str) -> int:
    target, carried = live.target(target_id), 0
    login = target.login
    auth = ("AUTH2", login.username, login.password) if login.username else ("AUTH", login.password)
    words = ("MIGRATE", target.host, target.port, "", 0, MIGRATE_MS, "REPLACE", *(auth if login.password else ()))
    while keys := live.ask(source_id, "CLUSTER", "GETKEYSINSLOT", slot, BATCH):
        context.hold()
        try:
            live.ask(source_id, *words, "KEYS", *keys)
        except PermanentProblem as problem:
            # The target's own refusal, such as being out of memory or away, comes in the source's words.
            raise TransientProblem(f"Slot {slot} cannot go on to {target.name}. {problem}") from problem
        carried += len(keys)
    return carried


def _assign(live: Live, slot: int, target_id: str, told: Sequence[str]) -> None:
    """The target hears it first: should the worker die now, nobody lacks an owner. Replicas hear of it by gossip."""
    for node_id in dict.fromkeys(told):
        _tell(live, node_id, slot, target_id)
    live.ask(target_id, "CLUSTER", "SETSLOT", slot, "STABLE")


def _tell(live: Live, node_id: str, slot: int, owner_id: str) -> None:
    """A primary that has lost its last slot may follow whoever got it by now; then it hears of slots by gossip."""
    try:
        live.ask(node_id, "CLUSTER", "SETSLOT", slot, "NODE", owner_id)
    except PermanentProblem:
        if live.own(node_id).leads:
            raise
