"""The test kind: every effect is counted by its ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.proof.cases.case import Call, Case, Subject
from tests.proof.faults import Way
from tests.proof.kinds import STEPS, TenSteps
from tests.proof.ledger import Ledger
from tests.proof.scene import Scene
from tests.proof.verdict import ledger_violations


@contextmanager
def make(scene: Scene, asks: bool = True) -> Iterator[Case]:
    ledger = Ledger(f"proof_{uuid4().hex[:12]}")
    ledger.make()
    try:
        yield Case(
            kind=TenSteps.name,
            parameters=lambda way: {"ledger": ledger.schema, "turns_back": way is Way.BACK, "asks": asks},
            violations=lambda operation: ledger_violations(operation, ledger),
        )
    finally:
        ledger.drop()


# Right between asking whether the worker still holds the operation and writing.
SUBJECT = Subject(
    kind=TenSteps.name,
    make=make,
    steps=len(STEPS),
    back=len(STEPS),
    calls=(Call(4, "tests.proof.kinds:_ledger", 2), Call(4, "tests.proof.kinds:_ledger", 1, Way.BACK)),
)
