"""The plan to flush one family: pure, each check a sentence with its number."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from caching.flush.facts import FlushFacts
from caching.flush.scope import in_l1, in_l2
from caching.library.families import Family
from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import compact, human_bytes, human_number, percent, rate

HIDE, UNLINK, DELETE, VERIFY = "hide", "unlink", "delete-items", "verify"
KEYS_PER_SECOND = 100_000
FamilyName = Literal["session", "vm", "perm", "metric", "qr", "agg", "api"]


class FlushParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    family: FamilyName = Field(title="Family", description="Everything that is cached under its prefix goes.")


def plan_flush(family: Family, facts: FlushFacts) -> Plan:
    checks = tuple(_checks(family, facts))
    refused = any(check.outcome is CheckOutcome.FAILED for check in checks)
    return Plan(
        summary=_summary(family, facts),
        checks=checks,
        blast=_blast(family, facts),
        steps=() if refused else tuple(_steps(family)),
        facts={
            "family": family.name,
            "primaries": sorted(node.node_id for node in facts.nodes),
            "memcached": sorted(server.name for server in facts.servers),
        },
        confirm=f"flush {family.name}",
        expected_seconds=round(2.5 + facts.keys / KEYS_PER_SECOND, 1),
    )


def _summary(family: Family, facts: FlushFacts) -> str:
    if facts.problem:
        return f"{family.prefix} cannot be flushed now."
    about = "" if facts.exact else "about "
    return f"{family.prefix} is emptied: {about}{compact(facts.keys)} entries ({family.meaning})."


def _blast(family: Family, facts: FlushFacts) -> BlastRadius:
    return BlastRadius(
        summary=_consequence(family, facts),
        targets=tuple(node.name for node in facts.nodes if in_l1(family)) + tuple(one.name for one in facts.servers),
        keys=facts.keys,
        bytes=facts.bytes,
    )


def _consequence(family: Family, facts: FlushFacts) -> str:
    if family.name == "session":
        return "Everybody who is signed in to the platform is signed out: sessions are kept nowhere else."
    if facts.hits_per_second is None:
        return "What was a hit goes to the database until the family is warm again; nobody counted its reads lately."
    expected = rate(facts.hits_per_second)
    ratio = f" ({percent(facts.hit_ratio)} of its reads are hits now)" if facts.hit_ratio is not None else ""
    return f"Up to {expected} more reads reach the database until the family is warm again{ratio}."


def _steps(family: Family) -> Iterator[PlannedStep]:
    arguments = {"family": family.name, "prefix": family.prefix}
    yield PlannedStep(
        key=HIDE,
        title=f"Raise the generation of {family.prefix}",
        consequence="What L2 holds of it is invisible to all within a second; what is being loaded is not kept.",
        arguments=arguments,
    )
    if in_l1(family):
        yield PlannedStep(
            key=UNLINK,
            title=f"Unlink {family.prefix} on every Redis primary",
            consequence="All primaries beside each other, in batches of 1,000 with rests as long as the work.",
            arguments=arguments,
        )
    if in_l2(family):
        yield PlannedStep(
            key=DELETE,
            title=f"Delete the items of {family.prefix} on every Memcached",
            consequence="Nobody sees them any more; this gives their memory back.",
            arguments=arguments,
        )
    yield PlannedStep(
        key=VERIFY,
        title="Count again",
        consequence="Nothing that was there before is left; what live traffic has filled since is told apart.",
        arguments=arguments,
    )


def _checks(family: Family, facts: FlushFacts) -> Iterator[Check]:
    if facts.problem:
        yield _check("Cluster is whole", "failed", facts.problem)
        return
    yield _check("Cluster is whole", "passed", f"{len(facts.nodes)} primaries serve all 16,384 hash slots.")
    silent = [f"{node.name}: {node.problem}" for node in facts.nodes if node.problem]
    if silent:
        yield _check("Primaries answer", "failed", " ".join(silent))
    elif in_l1(family):
        yield _check("Keys", "passed", _counted(facts), **{node.name: node.keys for node in facts.nodes})
    if in_l2(family):
        yield _memcached(facts)
    yield _load(facts)


def _counted(facts: FlushFacts) -> str:
    keys, size = sum(node.keys for node in facts.nodes), sum(node.bytes for node in facts.nodes)
    total, looked = sum(node.total for node in facts.nodes), sum(node.sampled for node in facts.nodes)
    how = "counted" if facts.exact else f"estimated from {human_number(looked)} of {human_number(total)} keys"
    return f"{human_number(keys)} in L1, about {human_bytes(size)} ({how}; sizes sampled)."


def _memcached(facts: FlushFacts) -> Check:
    silent = [f"{server.name}: {server.problem}" for server in facts.servers if server.problem]
    if silent:
        reason = f"{' '.join(silent)} Its items become invisible all the same, and expire by themselves."
        return _check("Memcached answers", "warned", reason)
    items, size = sum(one.items for one in facts.servers), sum(one.bytes for one in facts.servers)
    reason = f"{human_number(items)} items in L2, {human_bytes(size)}, as the servers' crawlers list them."
    return _check("Memcached answers", "passed", reason, **{one.name: one.items for one in facts.servers})


def _load(facts: FlushFacts) -> Check:
    if facts.hits_per_second is None:
        return _check("Load afterwards", "warned", "Nobody counted this family's reads in the last 5 minutes.")
    return _check("Load afterwards", "passed", f"{rate(facts.hits_per_second)} hits over the last 5 minutes.")


def _check(name: str, outcome: str, reason: str, **evidence: object) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason, evidence=evidence)
