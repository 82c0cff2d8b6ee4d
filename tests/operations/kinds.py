"""A small kind that the tests act with: its live system is a folder, so what really happened can be counted."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.contract import (
    BlastRadius,
    Check,
    CheckOutcome,
    Kind,
    Lock,
    PermanentProblem,
    Plan,
    PlannedStep,
    Risk,
    Step,
    StepContext,
    TransientProblem,
)

STEPS = ("first", "second", "third")


class Words(BaseModel):
    """`folder` is the live system; `mishap` names what goes wrong in the second step."""

    folder: str = Field(description="Where it writes.")
    mishap: Literal["none", "once", "always", "never-works", "defect", "hang", "slow"] = "none"
    shard: str = "shard-1"


class Facts(BaseModel):
    colour: str
    blocked: bool = False


class Writing(Kind[Words]):
    name = "writing"
    title = "Write three words"
    description = "Writes three words into a folder; only for tests."
    risk = Risk.LOW
    right = Right.CHANGE_CACHES
    parameters = Words

    def locks(self, parameters: Words) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: Words) -> Facts:
        return Facts.model_validate_json((Path(parameters.folder) / "facts.json").read_text())

    def plan(self, parameters: Words, facts: Facts, now: datetime) -> Plan:
        outcome = CheckOutcome.FAILED if facts.blocked else CheckOutcome.PASSED
        arguments = {"folder": parameters.folder, "mishap": parameters.mishap}
        return Plan(
            summary=f"Write three words in {facts.colour}.",
            checks=(Check(name="Free", outcome=outcome, reason="The folder is free."),),
            blast=BlastRadius(summary="One folder.", targets=(parameters.shard,)),
            steps=tuple(PlannedStep(key=key, title=f"Write {key}", arguments=arguments) for key in STEPS),
            facts={"colour": facts.colour},
            confirm=f"{parameters.shard} {facts.colour}",
            point_of_no_return="third",
        )

    def steps(self) -> Mapping[str, Step]:
        return {key: Step(run=_writes(key), done=_wrote(key), attempts=3, timeout_seconds=20) for key in STEPS} | {
            "second": Step(run=_second, done=_wrote("second"), attempts=3, timeout_seconds=20)
        }


class Lending(Writing):
    """The same, and what it wrote can be taken back."""

    name = "lending"
    title = "Write three words that can be taken back"

    def steps(self) -> Mapping[str, Step]:
        return {key: replace(step, undo=_takes_back(key)) for key, step in super().steps().items()}


class Guarded(Lending):
    """The same, of high risk: somebody else has to approve. Its inverse is to lend the words."""

    name = "guarded"
    title = "Write three words that matter"
    risk = Risk.HIGH

    def inverse(self, parameters: Words, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return "lending", {"folder": parameters.folder, "shard": parameters.shard}


class Drastic(Writing):
    name = "drastic"
    title = "Write three words, come what may"
    risk = Risk.BREAK_GLASS


def _takes_back(key: str) -> Any:
    def undo(context: StepContext) -> str:
        path = Path(context.arguments["folder"]) / "effects"
        context.hold()
        path.write_text("".join(f"{word}\n" for word in effects(path.parent) if word != key))
        if (path.parent / "die-undoing").exists() and key == "second":
            (path.parent / "hanging-undo").touch()
            _until_told(context)
        return f"Took {key} back."

    return undo


def effects(folder: Path) -> list[str]:
    """Every effect on the live system, in order."""
    path = folder / "effects"
    return path.read_text().split() if path.exists() else []


def prepare(folder: Path, **facts: Any) -> dict[str, str]:
    """The facts of the live system, and the parameters that name it."""
    (folder / "facts.json").write_text(json.dumps({"colour": "blue", **facts}))
    return {"folder": str(folder)}


def _append(context: StepContext, key: str) -> str:
    with (Path(context.arguments["folder"]) / "effects").open("a") as file:
        file.write(f"{key}\n")
    return f"Wrote {key}."


def _writes(key: str) -> Any:
    return lambda context: _append(context, key)


def _wrote(key: str) -> Any:
    return lambda context: key in effects(Path(context.arguments["folder"]))


def _second(context: StepContext) -> str:
    mishap, tries = context.arguments["mishap"], Path(context.arguments["folder"]) / "tries"
    with tries.open("a") as file:
        file.write("x")
    if mishap == "always" or (mishap == "once" and len(tries.read_text()) == 1):
        raise TransientProblem("The folder is busy.")
    if mishap == "never-works":
        raise PermanentProblem("The folder is sealed.")
    if mishap == "defect":
        raise ZeroDivisionError("no such word")
    if mishap == "slow":
        _until_told(context)
    outcome = _append(context, "second")
    if mishap == "hang":
        # Its effect is there, and nobody will ever hear of it: this is where the test kills the worker.
        (Path(context.arguments["folder"]) / "hanging").touch()
        _until_told(context)
    return outcome


def _until_told(context: StepContext) -> None:
    folder, turns = Path(context.arguments["folder"]), 0
    while not (folder / "go-on").exists():
        context.progress(turns, 1000, "waiting")
        turns += 1
        time.sleep(0.05)


def register() -> None:
    for kind in (Writing(), Lending(), Guarded(), Drastic()):
        if all(known.name != kind.name for known in registry.kinds()):
            registry.register(kind)
