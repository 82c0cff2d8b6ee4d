"""`python -m tests.proof.soak`; `script/soak` starts the sandbox that it needs."""

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import django

django.setup()

from django_tenants.utils import tenant_context  # noqa: E402

from novaops.sandbox.control import Client  # noqa: E402
from shards.leftovers.survey import leftovers  # noqa: E402
from tests.ending import clean_end  # noqa: E402
from tests.proof.cases.case import Subject  # noqa: E402
from tests.proof.scene import Scene  # noqa: E402
from tests.proof.soak import chance, faulty, matrix, orders, post, primaries, stage  # noqa: E402
from tests.proof.soak.attempt import Attempt, made  # noqa: E402
from tests.proof.soak.report import Report  # noqa: E402
from tests.proof.soak.subjects import SUBJECTS  # noqa: E402


def main() -> int:
    options = _options()
    clean_end()
    state = Path(os.environ["NOVAOPS_STATE"])
    began, report = time.monotonic(), Report(options.seed)
    kinds = options.kind or [orders.KIND, *SUBJECTS]
    subjects = [SUBJECTS[kind] for kind in kinds if kind in SUBJECTS]
    report.say(f"Seed {options.seed}; {', '.join(kinds)}.")
    logging.disable(logging.CRITICAL)
    with stage.prepared(state) as scene:
        servers, report.log = Client(state), stage.log_in(scene.folder)
        machine = orders.attempts(scene) if orders.KIND in kinds else ()
        for attempt in chain(machine, _fixed(scene, servers, subjects)):
            if options.only in attempt.group:
                report.add(made(attempt))
        for attempt in chance.attempts(scene, servers, subjects, options.seed) if subjects else ():
            if time.monotonic() - began > options.minutes * 60:
                break
            report.add(made(attempt))
        report.add(made(Attempt("the fleet", "left behind", "nothing", lambda: _left_behind(scene))))
    report.end()
    return 1 if report.failed else 0


def _fixed(scene: Scene, servers: Client, subjects: Sequence[Subject]) -> Iterator[Attempt]:
    for subject in subjects:
        yield from matrix.attempts(scene, servers, subject)
        yield from post.attempts(scene, servers, subject)
        if subject.kind == "cache-flush":
            yield from primaries.attempts(scene, servers)
        if subject.kind == faulty.KIND:
            yield from faulty.attempts(scene)


def _left_behind(scene: Scene) -> list[str]:
    """What the sweeper finds on the shards and in the control database."""
    with tenant_context(scene.fleet):
        return [one.sentence for one in leftovers()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="go on with random combinations until then")
    parser.add_argument(
        "--kind", action="append", choices=[orders.KIND, *SUBJECTS], help="only this one; may be given several times"
    )
    parser.add_argument("--only", default="", metavar="WORD", help="of the fixed ones: groups with this word")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
