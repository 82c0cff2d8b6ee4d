"""`python -m benchmarks NAME`; `script/bench` prepares all that it needs."""

import sys

import django

django.setup()

from benchmarks.driver import names, run  # noqa: E402  models can be imported from here on

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in names():
        sys.exit(f"Which benchmark? There are: {', '.join(names())}.")
    run(sys.argv[1])
