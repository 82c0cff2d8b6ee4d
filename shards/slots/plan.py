"""The plan to drop a slot. Pure."""

from collections.abc import Iterator
from typing import Any

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from novaops.ui.formats import human_bytes
from shards.dataplane.published import SLOT_PREFIX
from shards.fences import MISSING
from shards.outcomes import failed, passed, warned
from shards.slots.facts import DropFacts, SlotFacts

DROP = "drop-slot"


def plan_drop(server: str, slot: str, end_reader: bool, facts: DropFacts) -> Plan:
    one = facts.slot
    if one is None:
        return _nothing(server, slot, facts)
    told: dict[str, Any] = {
        "shard": facts.shard,
        "server": server,
        "slot": slot,
        "identity": one.identity,
        "end_reader": end_reader,
    }
    ended = f"{one.reader} is cut off, and " if one.reader and end_reader else ""
    return Plan(
        summary=f"Slot {slot} of {facts.shard} is dropped.",
        checks=tuple(_checks(one, end_reader, facts)),
        blast=BlastRadius(
            summary=f"{ended}its WAL can go. Whoever reads from it has to be built anew.",
            targets=(f"shard:{facts.shard}", slot),
            bytes=one.held_bytes,
            connections=1 if ended else None,
        ),
        steps=(
            PlannedStep(
                key=DROP,
                title=f"Drop {slot}",
                # Not who: a reader that comes back is another process.
                consequence="Who reads from it is cut off; it cannot be taken back." if end_reader else "For good.",
                arguments=told,
            ),
        ),
        facts={**told, "read": one.reader is not None and not end_reader, "needed_by": facts.needed_by},
        confirm=f"{facts.shard} {slot}",
        point_of_no_return=DROP,
        expected_seconds=2.0,
    )


def _nothing(server: str, slot: str, facts: DropFacts) -> Plan:
    return Plan(
        summary=_why_nothing(server, slot, facts),
        checks=tuple(_unfit(server, facts)),
        blast=BlastRadius(summary="Nothing is touched."),
        facts={"server": server, "slot": slot},
    )


def _why_nothing(server: str, slot: str, facts: DropFacts) -> str:
    if facts.problem or not facts.leads:
        return f"Slot {slot} of {server} cannot be dropped now."
    return f"Nothing to do: {server} has no slot {slot}."


def _unfit(server: str, facts: DropFacts) -> Iterator[Check]:
    if facts.problem:
        yield failed("Server answers", facts.problem)
    elif not facts.leads:
        yield failed("Leads", f"{server} is a replica: name the leader of {facts.shard}.")


def _checks(one: SlotFacts, end_reader: bool, facts: DropFacts) -> Iterator[Check]:
    shown = one.model_dump(mode="json", exclude={"name", "reader"})
    told = {name: value for name, value in shown.items() if value not in ("", None)}
    lost = f" It is invalid: {one.lost_by.replace('_', ' ')}." if one.lost_by else ""
    held = f"since {one.restart_lsn}, {human_bytes(one.held_bytes)} of WAL" if one.restart_lsn else "no WAL"
    yield passed("What it holds", f"The {one.kind} slot holds {held}.{lost}", **told)
    if not facts.fenced:
        yield failed("Fences", MISSING.format(shard=facts.shard))
    if one.temporary:
        yield failed("Kind", "It is a temporary slot, and goes with the session that made it: end that one.")
    yield _whose(one.name, facts)
    if one.name.startswith(SLOT_PREFIX) and one.reader:
        yield failed("Not the change stream's", "The change stream reads from it, and tells the caches what changed.")
    yield _needed(one, facts)
    yield _read(one, end_reader)


def _whose(name: str, facts: DropFacts) -> Check:
    if facts.members is None:
        return failed("Not Patroni's", "Patroni did not say which slots are its own.")
    if name in facts.members:
        return failed(
            "Not Patroni's", f"It is a member's slot: Patroni makes and drops it with the member of {facts.shard}."
        )
    if name in facts.permanent:
        return failed(
            "Not Patroni's",
            "It is a permanent slot of Patroni's configuration, and would be made anew: permanent-slot-remove takes it"
            " out.",
        )
    if name in facts.ignored:
        return warned(
            "Not Patroni's", "Patroni is told to leave it alone (ignore_slots): somebody else looks after it."
        )
    return passed("Not Patroni's", "It is no member's slot, and no permanent one of Patroni's configuration.")


def _needed(one: SlotFacts, facts: DropFacts) -> Check:
    if facts.needed_by:
        return failed("Nobody's", f"{facts.needed_by} needs it: end that first.")
    return passed("Nobody's", f"No operation that is under way made it. {facts.origin}")


def _read(one: SlotFacts, end_reader: bool) -> Check:
    if one.reader is None:
        return passed("Reader", "No server process reads from it.")
    who, evidence = str(one.reader), one.reader.model_dump(mode="json")
    if not end_reader:
        return failed("Reader", f"{who} reads from it: it is in use. To end it too, say so.", **evidence)
    if one.reader.superuser:
        return failed("Reader", f"{who} reads from it as a superuser, whom a superuser alone may end.", **evidence)
    return warned("Reader", f"{who} reads from it, and is ended; when it comes back its slot is gone.", **evidence)
