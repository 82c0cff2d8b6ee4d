"""The three outcomes of a check, in short."""

from typing import Any

from novaops.operations.contract import Check, CheckOutcome


def passed(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.PASSED, reason=reason, evidence=evidence)


def warned(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.WARNED, reason=reason, evidence=evidence)


def failed(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.FAILED, reason=reason, evidence=evidence)
