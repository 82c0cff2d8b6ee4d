"""`python -m tests.replication.modes`; `script/soak modes` starts the sandbox that it needs."""

import argparse
import logging
import os
import sys
from pathlib import Path

import django

django.setup()

from tests.pool_guards import guarding  # noqa: E402
from tests.replication.faults.scene import prepared  # noqa: E402
from tests.replication.modes.acts import ACTS  # noqa: E402
from tests.replication.modes.trial import Trial, people  # noqa: E402

MODES = ("off", "on", "strict", "quorum")


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/soak modes", description=__doc__)
    parser.add_argument("--mode", choices=MODES, action="append", help="only this one; may be repeated")
    parser.add_argument("--act", choices=list(ACTS), action="append", help="only this one; may be repeated")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    problems: list[str] = []
    with prepared(Path(os.environ["NOVAOPS_STATE"])) as scene, people(scene.fleet) as made, guarding(scene.fleet):
        shard = scene.layout.shards[0].name
        for mode in options.mode or MODES:
            trial = Trial(scene, shard, mode, made)
            version = ".".join(map(str, trial.facts().version))
            if mode == "quorum" and version < "4":
                continue
            print(f"Patroni {version}, {mode}", flush=True)
            trial.turn_to(mode)
            for name in options.act or ACTS:
                try:
                    ACTS[name](trial)
                except AssertionError as missing:
                    trial.wrong(f"{name}: {missing}")
            problems += [f"{version} {mode}: {one}" for one in trial.problems]
        Trial(scene, shard, "on", made).turn_to("on")
    print(*(problems or ["Every kind was carried out in every mode."]), sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
