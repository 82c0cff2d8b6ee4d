"""Running `manage.py` commands as steps of the start."""

import os
import subprocess
import sys

from novaops.sandbox import environment, proc
from novaops.sandbox.layout import CHECKOUT
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.site import Site

LONGEST = 300.0


def run(site: Site, *words: str) -> str:
    """Run one command to its end, with the right to make tables; its output goes to logs/setup.log, its last line is
    returned."""
    env = dict(os.environ) | environment.owner_variables(site) | {proc.MARKER: str(site.layout.state)}
    try:
        result = subprocess.run(
            (sys.executable, "manage.py", *words),
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"`manage.py {' '.join(words)}` did not end within {LONGEST:.0f} s.") from error
    with site.layout.log("setup").open("a") as log:
        log.write(f"$ manage.py {' '.join(words)}\n{result.stdout}\n")
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if result.returncode:
        # Errors are written at once and output at the end, so that the reason is seldom the last line.
        last = next((line.partition(": ")[2] for line in reversed(lines) if line.startswith("CommandError: ")), last)
        raise SandboxError(f"`manage.py {' '.join(words)}` failed: {last or 'no output'} (logs/setup.log has it all).")
    return last
