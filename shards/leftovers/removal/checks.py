"""What speaks for or against removing a leftover. Pure, each a sentence with its number."""

from collections.abc import Iterator
from typing import Any

from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import human_number
from shards.fences import MISSING
from shards.leftovers.leftover import Leftover
from shards.leftovers.removal.facts import Home, RemovalFacts, TableRows
from shards.leftovers.sorts import Sort

IN_USE: dict[Sort, str] = {
    Sort.SLOT: "No server process reads from it.",
    Sort.PUBLICATION: "No logical slot is in its database.",
    Sort.SUBSCRIPTION: "No worker of it runs.",
    Sort.PREPARED: "It belongs to no session.",
    Sort.ARRIVAL: "No move that stands goes on with it.",
    Sort.INDEX: "No query uses it, and nobody is building it.",
    Sort.POOL: "No operation that is under way holds the shard.",
    Sort.LOCK: "The operation that took it has ended.",
}


def check(name: str, outcome: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason, evidence=evidence)


def checks_of(found: Leftover, facts: RemovalFacts) -> Iterator[Check]:
    cost = {"wal_bytes": found.wal_bytes, "bytes": found.bytes, "rows": found.rows, "xid_age": found.xid_age}
    told = {name: value for name, value in cost.items() if value is not None}
    yield check("Still there", "passed", found.sentence, **told)
    if found.shard and found.sort is not Sort.POOL and not facts.fenced:
        yield check("Fences", "failed", MISSING.format(shard=found.shard))
    if found.refusal:
        yield check("May be removed", "failed", found.refusal)
    if found.sort in IN_USE:
        yield check("Not in use", "passed", IN_USE[found.sort])
    if found.sort is Sort.SLOT and not found.refusal:
        yield check(
            "Not Patroni's", "passed", "It is no member's slot, and no permanent one of Patroni's configuration."
        )
    yield check("Nobody's", "passed", f"No operation that is under way made it. {found.origin}")
    if found.sort is Sort.PREPARED:
        reason = "Its coordinator may still mean to commit it: ask who runs it, if anybody does."
        yield check("Coordinator", "warned", reason)
    if found.sort is Sort.TABLE:
        yield _empty(found, facts)
    if found.sort in (Sort.TENANT_ROWS, Sort.TENANT_SCHEMA):
        yield from _elsewhere(found, facts.home)
    yield from (_rows(one) for one in facts.tables)


def _empty(found: Leftover, facts: RemovalFacts) -> Check:
    if not facts.holds_rows:
        return check("Empty", "passed", f"{found.name} holds no row.")
    if found.identity.get("why") == "pending":
        return check("Empty", "warned", f"{found.name} holds rows: it is detached to the end, and stays as a table.")
    return check("Empty", "failed", f"{found.name} holds rows, which may be wanted: look at them, and drop it by hand.")


def _elsewhere(found: Leftover, home: Home | None) -> Iterator[Check]:
    """The rows here may go only because the tenant's are elsewhere."""
    if home is None:
        if not found.refusal:
            yield check(
                "Lives nowhere", "passed", f"{found.shard} does not list {found.name}, and no placement names it."
            )
        return
    if home.claimed is not None:
        later = f"{found.shard} takes its writes at epoch {home.claimed}, later than the placement ({home.epoch})."
        yield check("Closed here", "failed", f"{later} Carry its move on first.")
    if home.problem:
        yield check(
            "Lives elsewhere", "failed", f"{home.shard}, where the tenant is placed, was not asked: {home.problem}"
        )
    elif not home.listed:
        yield check("Lives elsewhere", "failed", f"It is placed on {home.shard}, but that shard does not know it.")
    elif home.there < home.here:
        fewer = f"{home.shard} has {human_number(home.there)} VMs of it, {found.shard} {human_number(home.here)}."
        yield check("Lives elsewhere", "failed", f"{fewer} Rows may be missing there.", **_vms(home))
    else:
        reason = f"{home.shard} has {human_number(home.there)} VMs of it, since epoch {home.epoch}."
        yield check("Lives elsewhere", "passed", reason, **_vms(home))


def _vms(home: Home) -> dict[str, int]:
    return {"here": home.here, "there": home.there}


def _rows(one: TableRows) -> Check:
    some = {"some": list(one.sample)} if one.sample else {}
    if one.rows is None:
        return check(f"Rows of {one.table}", "warned", "They could not be counted in time.", **some)
    number = f"{human_number(one.rows)} row{'' if one.rows == 1 else 's'}"
    return check(f"Rows of {one.table}", "passed", f"{number} would be deleted.", rows=one.rows, **some)
