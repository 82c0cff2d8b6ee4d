"""What a soak starts ends with it, also where nobody could tell it to."""

import subprocess
import sys

from novaops.sandbox import proc
from tests.control_database import ROOT
from tests.waiting import wait_for

# A worker, as Celery's: started by a soak, with a child of its own that it forked.
WORKER = """
import os, time
from tests.ending import tie
child = os.fork()
if not child:
    tie()
    print(os.getpid(), flush=True)
time.sleep(3600)
"""
SOAK = f"""
import subprocess, sys
from tests.ending import tied
worker = subprocess.Popen(tied([sys.executable, "-c", {WORKER!r}]), start_new_session=True)
print(worker.pid, flush=True)
worker.wait()
"""


def test_workers_of_a_soak_that_was_killed_end_by_themselves() -> None:
    soak = subprocess.Popen([sys.executable, "-c", SOAK], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert soak.stdout is not None
    family = [int(soak.stdout.readline()) for _ in range(2)]
    assert all(proc.identity(pid) for pid in family)
    soak.kill()
    soak.wait(60)
    soak.stdout.close()
    wait_for(lambda: not any(proc.identity(pid) for pid in family), "the worker and its child to end")
