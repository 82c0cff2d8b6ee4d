"""On a real terminal: it asks, it shows bars, and it takes its bars away again."""

import os
import pty
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.waiting import wait_for

Planned = Callable[..., Operation]


def on_a_terminal(novaops: Commands, *words: str, question: str, answer: str) -> tuple[int, str]:
    """Types the answer as soon as the question stands there."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(novaops.home)
        os.execve(novaops.argv()[0], novaops.argv(*words), {**novaops.environment, "TERM": "xterm"})
    seen, asked, deadline = "", True, time.monotonic() + 60
    while time.monotonic() < deadline and select.select([terminal], [], [], 30)[0]:
        try:
            seen += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # it has ended
            break
        if asked and question in seen:
            asked = False
            os.write(terminal, f"{answer}\n".encode())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


@pytest.mark.django_db(transaction=True)
def test_it_asks_for_the_phrase_and_shows_each_step(
    fleet: Fleet, program: MakeProgram, desk: MakeDesk, planned: Planned, folder: Path
) -> None:
    operation = planned(mishap="slow")
    with desk(program("operator")) as found:
        number, question = str(operation.pk), "Type “shard-1 blue” to run it"
        code, seen = on_a_terminal(found.commands, "run", number, question=question, answer="shard-2 blue")
        assert code == 3 and "Type exactly" in seen and "fingerprint" in seen

        def work() -> None:
            def queued() -> bool:
                with tenant_context(fleet):
                    return Operation.objects.get(pk=operation.pk).status == "queued"

            wait_for(queued, "the confirmation")
            with tenant_context(fleet):
                execute(operation.pk)

        def go_on() -> None:
            def counted() -> bool:
                with tenant_context(fleet):
                    return bool(operation.steps.filter(key="second", done__gte=15).exists())

            wait_for(counted, "some progress")
            (folder / "go-on").touch()

        threads = [threading.Thread(target=target, daemon=True) for target in (work, go_on)]
        for thread in threads:
            thread.start()
        code, seen = on_a_terminal(found.commands, "run", number, "--watch", question=question, answer="shard-1 blue")
        for thread in threads:
            thread.join(timeout=30)
    assert code == 0, seen
    assert "of 1,000 (" in seen and "/s" in seen and "━" in seen
    assert "Wrote third." in seen and seen.rstrip().endswith("\x1b[?25h"), "the cursor is back"
