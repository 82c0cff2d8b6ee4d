"""Runs `main(environment)` of benchmarks/NAME.py against a control database of its own, with two empty fleets.

The last line that it prints is one JSON object: the figures, and where they were measured."""

import importlib
import json
import os
from pathlib import Path

from benchmarks.environment import look
from tests import control_database

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Every module of the folder that has a `main(environment)`, with hyphens for its underscores."""
    return sorted(
        path.stem.replace("_", "-") for path in FOLDER.glob("*.py") if "\ndef main(environment" in path.read_text()
    )


def run(name: str) -> None:
    control_database.create()
    os.environ["NOVAOPS_DATABASE_URL"] = control_database.url()
    try:
        environment = look(Path(os.environ["NOVAOPS_STATE"]))
        print(environment.sentence, flush=True)
        figures = importlib.import_module(f"benchmarks.{name.replace('-', '_')}").main(environment)
        print(json.dumps({"benchmark": name, **figures, **environment.facts}))
    finally:
        control_database.drop()
