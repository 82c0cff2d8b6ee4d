"""How many other people each risk needs, and whether a change ticket is required: the fleet's policy, over defaults."""

from dataclasses import asdict, dataclass

from django.db import transaction

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.contract import Risk
from novaops.operations.models import Policy
from novaops.operations.problems import Invalid
from novaops.operations.refusing import demand

MOST_APPROVALS = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """What one risk needs before it runs."""

    approvals: int
    ticket_required: bool = False

    @property
    def sentence(self) -> str:
        people = ("Nobody else has to approve", "One other person has to approve", "Two other people have to approve")
        return f"{people[self.approvals]}{', and a change ticket is required' if self.ticket_required else ''}."


DEFAULTS = {Risk.LOW: Rule(0), Risk.MEDIUM: Rule(0), Risk.HIGH: Rule(1), Risk.BREAK_GLASS: Rule(2)}


def rule_of(risk: Risk | str) -> Rule:
    return rules()[Risk(risk)]


def rules() -> dict[Risk, Rule]:
    """The rule of every risk, the harmless ones first."""
    set_here = {row.risk: Rule(row.approvals, row.ticket_required) for row in Policy.objects.all()}
    return {risk: set_here.get(risk.value, DEFAULTS[risk]) for risk in Risk}


def set_rule(risk: Risk, rule: Rule, person: Person) -> None:
    """Changes the policy from now on: what is confirmed already keeps what it was confirmed with. Raises NotAllowed."""
    subject = f"setting:policy-{risk.value}"
    demand(Right.MANAGE_FLEET, person, subject, "Changing the policy")
    if not 0 <= rule.approvals <= MOST_APPROVALS:
        raise Invalid(f"Approvals are 0, 1 or {MOST_APPROVALS}.", {"approvals": f"0 to {MOST_APPROVALS}."})
    with transaction.atomic():
        Policy.objects.get_or_create(risk=risk, defaults=asdict(DEFAULTS[risk]))
        kept = Policy.objects.select_for_update().get(risk=risk)
        before = Rule(kept.approvals, kept.ticket_required)
        if before == rule:
            return
        Policy.objects.filter(pk=kept.pk).update(**asdict(rule))
        data = {"risk": risk.value, "before": asdict(before), "after": asdict(rule)}
        outcome = f"Risk {risk.label.lower()}: {rule.sentence}"
        record("setting changed", subject, actor=Actor.person(person), outcome=outcome, data=data)
