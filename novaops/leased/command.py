"""What `manage.py` runs of it: until it is told to stop."""

import logging
import os
import signal
import threading

from novaops.leased.process import Process, Who, Work


def work_until_told(work: Work[Who]) -> None:
    """Ends this process."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Process(work).run(stop)
    logging.shutdown()
    # Threads that still wait for a silent server would hold up an orderly end; all they do can be done again.
    os._exit(0)
