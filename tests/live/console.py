"""A console of its own: the ASGI server as a process, on the test's database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from django.test import Client

from tests import control_database
from tests.ports import free_port
from tests.waiting import wait_for

POOL = 2
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Console:
    address: str
    process: subprocess.Popen[bytes]

    def get(self, path: str, browser: Client, stream: bool = False) -> requests.Response:
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        return requests.get(self.address + path, cookies=cookies, stream=stream, timeout=30, allow_redirects=False)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextmanager
def console(application: str = "novaops.asgi:application", port: int = 0) -> Iterator[Console]:
    port = port or free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--no-access-log"]
    environment = os.environ | {"NOVAOPS_DATABASE_URL": control_database.url(), "NOVAOPS_POOL": str(POOL)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        found = Console(f"http://127.0.0.1:{port}", process)
        wait_for(lambda: requests.get(f"{found.address}/healthz", timeout=2).ok, "the console to answer")
        yield found
    finally:
        process.kill()
        process.wait(timeout=60)


def events(response: requests.Response) -> Iterator[str]:
    """The stream's lines that say something; "listening" is the first."""
    for line in response.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith((":", "event:")):
            yield line.removeprefix("event:").removeprefix(":").strip()
