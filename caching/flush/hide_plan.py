"""The plan of `cache-hide`: pure."""

from caching.flush.facts import FlushFacts
from caching.flush.parameters import HideParameters
from caching.flush.plan import HIDE
from caching.flush.scope import Scope, scope_of
from caching.library.families import FAMILIES, Follows
from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import compact, human_bytes, rate


def plan_hide(asked: HideParameters, facts: FlushFacts) -> Plan:
    scope = scope_of(asked)
    checks = (_whole(facts), _hidden(scope), _memory(facts))
    refused = any(check.outcome is CheckOutcome.FAILED for check in checks)
    step = PlannedStep(
        key=HIDE,
        title=f"Raise the generation of what is {scope.words}",
        consequence="Both tiers answer as if it were not there; what is being loaded now is not kept.",
        arguments={"scope": scope.model_dump(mode="json")},
    )
    return Plan(
        summary=f"All that is cached {scope.words} becomes invisible.",
        checks=checks,
        blast=BlastRadius(
            summary=_consequence(scope, facts), tenants=1 if scope.tenant else None, keys=facts.keys, bytes=facts.bytes
        ),
        steps=() if refused else (step,),
        facts={"scope": scope.model_dump(mode="json")},
        expected_seconds=2.5 if scope.whose == "family" else 1.0,
    )


def _whole(facts: FlushFacts) -> Check:
    """The numbers are in L1, also those of what is in L2."""
    if facts.problem:
        return Check(name="Cluster is whole", outcome=CheckOutcome.FAILED, reason=facts.problem)
    reason = "All 16,384 hash slots have a primary that answers."
    return Check(name="Cluster is whole", outcome=CheckOutcome.PASSED, reason=reason)


def _hidden(scope: Scope) -> Check:
    kept = [name for name in scope.families if FAMILIES[name].follows is Follows.NOTHING]
    name = "What generations hide"
    if scope.family and kept:
        reason = f"{FAMILIES[scope.family].prefix} is kept nowhere else, and read without a look at its generation."
        return Check(name=name, outcome=CheckOutcome.WARNED, reason=f"{reason} Flush it instead.")
    if kept and scope.whose == "tenant":
        words = " and ".join(FAMILIES[one].prefix for one in kept)
        return Check(name=name, outcome=CheckOutcome.PASSED, reason=f"Everything but {words}, which no loader knows.")
    return Check(name=name, outcome=CheckOutcome.PASSED, reason="All of it.")


def _memory(facts: FlushFacts) -> Check:
    reason = f"{human_bytes(facts.bytes)} stay occupied until their entries expire or are evicted; a flush frees them."
    return Check(name="Memory comes back later", outcome=CheckOutcome.PASSED, reason=reason)


def _consequence(scope: Scope, facts: FlushFacts) -> str:
    about = f"About {compact(facts.keys)} entries are loaded from the database again when they are asked for"
    if facts.hits_per_second is None:
        return f"{about}; nobody counted these reads lately."
    whole = "" if scope.whose == "family" else " of the families, of which this is a part"
    return f"{about}: up to {rate(facts.hits_per_second)} reads{whole}."
