"""From a request to a plan: parameters are checked, the live fleet is asked, conflicts are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from pydantic import BaseModel, ValidationError

from novaops.operations import registry
from novaops.operations.contract import Check, CheckOutcome, Kind, Lock, Missing, OperationProblem, Plan
from novaops.operations.freezes import frozen_at
from novaops.operations.locking import conflict_checks
from novaops.operations.problems import Incomplete, Invalid
from novaops.operations.wrong_values import sentence


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was asked for, and what would be done about it."""

    kind: Kind[Any]
    parameters: BaseModel
    plan: Plan
    locks: tuple[Lock, ...]


def kind_named(name: str) -> Kind[Any]:
    try:
        return registry.kind(name)
    except KeyError:
        known = ", ".join(kind.name for kind in registry.kinds()) or "none"
        raise Invalid(f"There is no kind of operation named {name!r}. There are: {known}.") from None


def parameters_of(kind: Kind[Any], given: Mapping[str, Any]) -> BaseModel:
    """Raises Invalid with one sentence per parameter that is wrong; Incomplete when some are only missing."""
    try:
        parameters: BaseModel = kind.parameters.model_validate(dict(given))
    except ValidationError as error:
        wrong, missing = _wrong(error)
        why = "; ".join(f"{name}: {reason.rstrip('.')}" for name, reason in {**missing, **wrong}.items())
        problem = Invalid if wrong else Incomplete
        raise problem(f"{kind.title} cannot be planned: {why}.", {**missing, **wrong}) from error
    return parameters


def _wrong(error: ValidationError) -> tuple[dict[str, str], dict[str, str]]:
    """A sentence for each parameter that is wrong, and for each that the others make necessary."""
    wrong, missing = dict[str, str](), dict[str, str]()
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, Missing):
            missing |= cause.fields
        else:
            wrong[".".join(map(str, item["loc"])) or "parameters"] = sentence(item)
    return wrong, missing


def propose(kind: Kind[Any], parameters: BaseModel) -> Proposal:
    """Asks the live fleet, which may take seconds: never inside a transaction. Raises Invalid when a kind says why."""
    try:
        plan = kind.plan(parameters, kind.gather(parameters), timezone.now())
    except OperationProblem as problem:
        raise Invalid(f"{kind.title} cannot be planned: {problem}") from problem
    locks = tuple(kind.locks(parameters))
    checks = (*conflict_checks(locks), *_freeze_checks(kind), *plan.checks)
    return Proposal(kind, parameters, plan.model_copy(update={"checks": checks}), locks)


def _freeze_checks(kind: Kind[Any]) -> tuple[Check, ...]:
    """A warning while a freeze is on: it can be confirmed for a later time."""
    found = frozen_at(kind.risk, timezone.now())
    if found is None:
        return ()
    evidence = {"freeze": found.freeze.pk, "until": found.span.ends.isoformat()}
    return (Check(name="No freeze", outcome=CheckOutcome.WARNED, reason=found.sentence, evidence=evidence),)
