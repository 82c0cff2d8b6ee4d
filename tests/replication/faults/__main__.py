"""`python -m tests.replication.faults`; `script/soak faults` starts the sandbox that it needs."""

import argparse
import logging
import os
import sys
from pathlib import Path

import django

django.setup()

from tests.ending import clean_end  # noqa: E402
from tests.replication.faults.cells import CUTS, FAULTS  # noqa: E402
from tests.replication.faults.network import can_be_cut  # noqa: E402
from tests.replication.faults.scene import prepared  # noqa: E402
from tests.replication.faults.watching import Fault, Seen, watch  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/soak faults", description=__doc__)
    parser.add_argument("--only", action="append", metavar="WORD", help="faults whose names hold it; may be repeated")
    options = parser.parse_args()
    clean_end()
    logging.disable(logging.CRITICAL)
    with prepared(Path(os.environ["NOVAOPS_STATE"])) as scene:
        seen = [watch(scene, fault, _say) for fault in chosen(options.only or [""])]
    _report(seen)
    return 1 if any(one.problems for one in seen) else 0


def chosen(words: list[str]) -> list[Fault]:
    """In the order of the words."""
    known = faults()
    return list(dict.fromkeys(fault for word in words for fault in known if word in fault.name))


def faults() -> tuple[Fault, ...]:
    if can_be_cut():
        return FAULTS + CUTS
    _say(f"Not tried, as that needs to be root and nftables: {', '.join(one.name for one in CUTS)}.")
    return FAULTS


def _say(text: str) -> None:
    print(text, flush=True)


def _report(seen: list[Seen]) -> None:
    for one in seen:
        _say(f"{'FAILED' if one.problems else 'ok'}  {one.fault}")
        for line in (*one.lines, *(f"PROBLEM {problem}" for problem in one.problems)):
            _say(f"    {line}")
    bad = sum(bool(one.problems) for one in seen)
    _say(f"{len(seen) - bad} of {len(seen)} faults were told in time, with a cause and a next step.")


if __name__ == "__main__":
    sys.exit(main())
