"""The plan of a flush: pure, each check a sentence with its number."""

from collections.abc import Iterator

from caching.flush.facts import FlushFacts
from caching.flush.globs import says_something
from caching.flush.pace import Pace
from caching.flush.parameters import FlushParameters
from caching.flush.scope import Scope, scope_of
from caching.library.families import FAMILIES
from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import compact, human_bytes, human_number, percent, rate

HIDE, UNLINK, DELETE, VERIFY = "hide", "unlink", "delete-items", "verify"
KEYS_PER_SECOND = 100_000


def plan_flush(asked: FlushParameters, facts: FlushFacts) -> Plan:
    scope, pace = scope_of(asked), pace_of(asked)
    checks = tuple(_checks(asked, scope, pace, facts))
    refused = any(check.outcome is CheckOutcome.FAILED for check in checks)
    return Plan(
        summary=_summary(scope, facts),
        checks=checks,
        blast=_blast(scope, facts),
        steps=() if refused else tuple(_steps(scope, pace, facts)),
        facts={
            "scope": scope.model_dump(mode="json"),
            "primaries": sorted(node.node_id for node in facts.nodes),
            "memcached": sorted(server.name for server in facts.servers),
        },
        confirm=_phrase(scope),
        expected_seconds=_expected(scope, pace, facts),
    )


def pace_of(asked: FlushParameters) -> Pace:
    return Pace(manner=asked.pace, keys_per_second=asked.keys_per_second, limit=asked.limit)


def _phrase(scope: Scope) -> str:
    return f"flush {scope.vm or scope.tenant or scope.family or scope.node or scope.pattern or scope.prefixes[0]}"


def _expected(scope: Scope, pace: Pace, facts: FlushFacts) -> float:
    keys = min(facts.keys, pace.limit) if pace.limit is not None else facts.keys
    speed = min(KEYS_PER_SECOND * pace.share, pace.keys_per_second or KEYS_PER_SECOND)
    return round(1 + 1.5 * (scope.whose == "family") + keys / speed, 1)


def _summary(scope: Scope, facts: FlushFacts) -> str:
    if facts.problem:
        return f"What is cached {scope.words} cannot be flushed now."
    about = "" if facts.exact else "about "
    meaning = f" ({FAMILIES[scope.family].meaning})" if scope.family else ""
    return f"All entries {scope.words} go: {about}{compact(facts.keys)}{meaning}."


def _blast(scope: Scope, facts: FlushFacts) -> BlastRadius:
    return BlastRadius(
        summary=_consequence(scope, facts),
        targets=tuple(node.name for node in facts.nodes if scope.l1) + tuple(one.name for one in facts.servers),
        tenants=1 if scope.tenant else None,
        keys=facts.keys,
        bytes=facts.bytes,
    )


def _consequence(scope: Scope, facts: FlushFacts) -> str:
    out = "Everybody who is signed in to the platform is signed out: sessions are kept nowhere else. "
    signed_out = out if "session" in scope.families and scope.l1 and not scope.tenant else ""
    if facts.hits_per_second is None:
        told = "What was a hit goes to the database until it is cached again; nobody counted these reads lately."
        return signed_out.strip() if scope.family == "session" else f"{signed_out}{told}"
    if scope.family == "session":
        return signed_out.strip()
    expected = rate(facts.hits_per_second * (facts.slot_share if scope.node else 1))
    ratio = f" ({percent(facts.hit_ratio)} of these reads are hits now)" if facts.hit_ratio is not None else ""
    whole = "" if scope.whose in ("family", "tier", "node") else "; that is all of the families, of which it is a part"
    return f"{signed_out}Up to {expected} more reads reach the database until it is cached again{ratio}{whole}."


def _steps(scope: Scope, pace: Pace, facts: FlushFacts) -> Iterator[PlannedStep]:
    arguments = {"scope": scope.model_dump(mode="json"), "pace": pace.model_dump(mode="json")}
    if scope.hides:
        yield PlannedStep(
            key=HIDE,
            title=f"Raise the generation of what is {scope.words}",
            consequence="It is invisible to all within a second, in both tiers; what is being loaded is not kept.",
            arguments=arguments,
        )
    if scope.l1 and facts.nodes:
        where = scope.node or ("the primary of its slot" if scope.slot is not None else "every Redis primary")
        yield PlannedStep(
            key=UNLINK,
            title=f"Unlink the keys {scope.words} on {where}",
            consequence=f"Each primary by itself, {pace.words}.",
            arguments=arguments,
        )
    if facts.servers:
        yield PlannedStep(
            key=DELETE,
            title=f"Delete the items {scope.words} on {scope.node or 'every Memcached'}",
            consequence="Nobody sees them any more; this gives their memory back." if scope.hides else "",
            arguments=arguments,
        )
    if pace.limit is None:
        yield PlannedStep(
            key=VERIFY,
            title="Count again",
            consequence="Nothing that was there before is left; what live traffic has filled since is told apart.",
            arguments=arguments,
        )


def _checks(asked: FlushParameters, scope: Scope, pace: Pace, facts: FlushFacts) -> Iterator[Check]:
    if asked.scope in ("pattern", "prefix", "node", "tier"):
        yield _pattern(asked, scope)
    if facts.problem:
        yield _check("Cluster is whole", "failed", facts.problem)
        return
    if scope.node and not facts.nodes and not facts.servers:
        yield _check("Node serves", "failed", f"{scope.node} leads no slots of L1 and is no server of L2.")
        return
    yield _check("Cluster is whole", "passed", "All 16,384 hash slots have a primary that answers.")
    silent = [f"{node.name}: {node.problem}" for node in facts.nodes if node.problem]
    if silent:
        yield _check("Primaries answer", "failed", " ".join(silent))
    elif scope.l1 and facts.nodes:
        yield _check("Keys", "passed", _counted(facts), **{node.name: node.keys for node in facts.nodes})
    if facts.servers:
        yield _memcached(facts)
    if pace.limit is not None and facts.keys > pace.limit:
        reason = f"It stops after {pace.limit:,} of {compact(facts.keys)} entries, and the others stay."
        yield _check("Limit", "warned", reason)
    yield _load(facts)
    if scope.hides:
        yield _sooner(scope)


def _pattern(asked: FlushParameters, scope: Scope) -> Check:
    if asked.scope == "prefix" or says_something(asked.text):
        return _check("Pattern is safe", "passed", f"Only entries {scope.words}; the library's own keys stay.")
    if asked.scope == "pattern":
        reason = f"{asked.text} means every key. Choose a tier or a node as the scope if that is what you want."
        return _check("Pattern is safe", "failed", reason)
    return _check("Pattern is safe", "warned", f"Everything {scope.words[5:]} goes; the library's own keys stay.")


def _sooner(scope: Scope) -> Check:
    """Not a condition, but what most people want who ask for a flush."""
    reason = (
        "To make it invisible at once, in a few milliseconds, hide it (cache-hide): its memory comes back later,"
        " as entries expire or are evicted. This flush hides it first, too."
    )
    return _check("Faster", "passed", reason, kind="cache-hide", scope=scope.whose)


def _counted(facts: FlushFacts) -> str:
    keys, size = sum(node.keys for node in facts.nodes), sum(node.bytes for node in facts.nodes)
    total, looked = sum(node.total for node in facts.nodes), sum(node.sampled for node in facts.nodes)
    how = "counted" if facts.exact else f"estimated from {human_number(looked)} of {human_number(total)} keys"
    return f"{human_number(keys)} in L1, about {human_bytes(size)} ({how}; sizes sampled)."


def _memcached(facts: FlushFacts) -> Check:
    silent = [f"{server.name}: {server.problem}" for server in facts.servers if server.problem]
    if silent:
        reason = f"{' '.join(silent)} Its items stay there until they expire, hidden where generations hide them."
        return _check("Memcached answers", "warned", reason)
    items, size = sum(one.items for one in facts.servers), sum(one.bytes for one in facts.servers)
    reason = f"{human_number(items)} items in L2, {human_bytes(size)}, as the servers' crawlers list them."
    return _check("Memcached answers", "passed", reason, **{one.name: one.items for one in facts.servers})


def _load(facts: FlushFacts) -> Check:
    if facts.hits_per_second is None:
        return _check("Load afterwards", "warned", "Nobody counted reads of these families in the last 5 minutes.")
    return _check("Load afterwards", "passed", f"{rate(facts.hits_per_second)} hits over the last 5 minutes.")


def _check(name: str, outcome: str, reason: str, **evidence: object) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason, evidence=evidence)
