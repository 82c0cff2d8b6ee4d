"""`python -m tests.moves.faults`; `script/soak moves` starts the sandbox that it needs."""

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import django

django.setup()

from novaops.sandbox.control import Client  # noqa: E402  models can be imported from here on
from tests.ending import clean_end  # noqa: E402
from tests.moves.faults.cells import MOMENTS, Cell, attempt, fixed, random_ones  # noqa: E402
from tests.proof.soak import stage  # noqa: E402
from tests.proof.soak.attempt import made  # noqa: E402
from tests.proof.soak.report import Report  # noqa: E402


def main() -> int:
    options = _options()
    clean_end()
    state = Path(os.environ["NOVAOPS_STATE"])
    began, report, matrix = time.monotonic(), Report(options.seed), len(_matrix(options))
    report.say(f"Seed {options.seed}.")
    logging.disable(logging.CRITICAL)
    with stage.prepared(state) as scene:
        servers, report.log = Client(state), stage.log_in(scene.folder)
        for number, cell in enumerate(_chosen(options)):
            if number >= matrix and time.monotonic() - began > options.minutes * 60:
                break
            report.add(made(attempt(cell, scene, servers, lambda text: report.say(f"       {text}"))))
    report.end()
    return 1 if report.failed else 0


def _chosen(options: argparse.Namespace) -> Iterator[Cell]:
    """The matrix, and then at random."""
    return chain(_matrix(options), _wanted(options, random_ones(options.seed)))


def _matrix(options: argparse.Namespace) -> list[Cell]:
    return [] if options.random else list(_wanted(options, fixed(options.seed)))


def _wanted(options: argparse.Namespace, cells: Iterator[Cell]) -> Iterator[Cell]:
    kinds = options.kind or list(MOMENTS)
    return (cell for cell in cells if cell.kind in kinds and options.only in f"{cell.kind}, {cell.name}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/soak moves", description="Kills under moves of a ledger's tenants.")
    parser.add_argument("--minutes", type=float, default=0, help="go on with random combinations until then")
    parser.add_argument("--random", action="store_true", help="leave out the matrix that comes before those")
    parser.add_argument("--kind", action="append", choices=list(MOMENTS), help="only this one")
    parser.add_argument("--only", default="", metavar="WORDS", help="those with these words in what is killed and when")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
