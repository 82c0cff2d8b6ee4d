"""The supervisor with a few tiny processes: what dies comes back, what is stopped stays down, nothing is left."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from novaops.sandbox import control, proc, records, stopping
from novaops.sandbox.account import Account
from novaops.sandbox.control import Client
from novaops.sandbox.layout import CHECKOUT, Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Record, Snapshot
from novaops.sandbox.spec import Spec, Stage
from novaops.sandbox.supervisor import Supervisor
from tests.waiting import wait_for

SLEEPER = ("sleep", "3600")
FORKING = ("bash", "-c", "for _ in {1..150}; do sleep 0.003; sleep 3600 & done; wait")
STUBBORN = ("bash", "-c", "trap '' TERM; while :; do sleep 3600 & wait; done")

# Its first thread is a zombie for half a second, in which the process cannot be collected.
LINGERING = (
    sys.executable,
    "-c",
    """
import ctypes, os, pathlib, signal, sys, threading, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
pathlib.Path(sys.argv[1]).touch()
signal.sigwait([signal.SIGTERM])
threading.Thread(target=lambda: (time.sleep(0.5), os._exit(0))).start()
ctypes.CDLL(None).pthread_exit(None)
""",
)


def spec(name: str, argv: tuple[str, ...] = SLEEPER, grace: float = 10.0, restart_after: float = 0.1) -> Spec:
    return Spec(
        name,
        argv,
        cwd=Path("/"),
        stage=Stage.EDGE,
        ready=lambda: None,
        as_server=False,
        restart_after=restart_after,
        grace=grace,
    )


def layout(state: Path) -> Layout:
    (state / "logs").mkdir(exist_ok=True)
    return Layout(state.resolve())


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    found = Supervisor(layout(tmp_path), Account(os.getuid(), os.getgid()))
    control.serve(found)
    looking = threading.Thread(target=found.run)
    looking.start()
    yield found
    assert found.shut_down(lambda _: None) == []
    looking.join()


def pid(client: Client, name: str) -> int:
    """The pid of a process that runs; an AssertionError while it does not."""
    found = client.status()[name].pid
    assert found is not None
    return found


def state(of: int) -> str | None:
    """The letter in /proc: T for stopped by a signal."""
    found = proc.stat(of)
    return found.state if found else None


def of_session(leader: int) -> list[int]:
    """What runs of the processes that a child and its descendants are."""
    ids = [one for one, found in proc.everyone().items() if found.state != "Z"]
    found = []
    for one in ids:
        with suppress(ProcessLookupError):
            found += [one] if os.getsid(one) == leader else []
    return found


def test_a_killed_process_is_started_again(supervisor: Supervisor) -> None:
    client = Client(supervisor.layout.state)
    supervisor.launch(spec("server"))
    first = pid(client, "server")
    client.kill("server", signal.SIGKILL)
    assert wait_for(lambda: pid(client, "server") != first, "the restart")
    assert client.status()["server"].restarts == 1


def test_a_family_that_goes_on_forking_is_killed_whole(supervisor: Supervisor) -> None:
    """A child that is forked while the others are looked up would be an orphan."""
    client = Client(supervisor.layout.state)
    supervisor.launch(spec("server", FORKING))
    first = pid(client, "server")
    wait_for(lambda: len(of_session(first)) > 20, "some children")
    client.kill("server", tree=True)
    assert wait_for(lambda: pid(client, "server") != first, "the restart")
    wait_for(lambda: not of_session(first), "the last of the dead to be collected")


def test_what_a_person_stopped_stays_down_until_started(supervisor: Supervisor) -> None:
    client = Client(supervisor.layout.state)
    supervisor.launch(spec("server"))
    supervisor.launch(spec("neighbour"))
    client.stop("server")
    neighbour = pid(client, "neighbour")
    client.kill("neighbour")
    # Once the neighbour is back, the supervisor has looked at both.
    wait_for(lambda: pid(client, "neighbour") != neighbour, "the neighbour's restart")
    assert not client.status()["server"].roots()
    assert not client.status()["server"].wanted
    client.start("server")
    assert pid(client, "server")


def test_a_paused_process_can_be_stopped(supervisor: Supervisor) -> None:
    client = Client(supervisor.layout.state)
    supervisor.launch(spec("server"))
    client.pause("server")
    assert wait_for(lambda: state(pid(client, "server")) == "T", "the signal to arrive")
    client.stop("server")
    assert not client.status()["server"].roots()


def test_a_process_that_will_not_end_is_made_to(supervisor: Supervisor) -> None:
    client = Client(supervisor.layout.state)
    supervisor.launch(spec("stubborn", STUBBORN, grace=0.3))
    family = proc.family([pid(client, "stubborn")], proc.everyone())
    client.stop("stubborn")
    assert not any(proc.identity(each) for each in family)


def test_a_start_that_fails_says_the_last_words_of_the_log(supervisor: Supervisor) -> None:
    broken = spec("broken", ("bash", "-c", "echo no such table >&2; exit 3"), restart_after=60.0)
    waiting = replace(broken, ready=lambda: "not yet")
    with pytest.raises(SandboxError, match="broken ended with status 3 while it started: no such table"):
        supervisor.launch(waiting)


def test_an_unknown_name_is_answered_with_the_known_ones(supervisor: Supervisor) -> None:
    supervisor.launch(spec("server"))
    with pytest.raises(SandboxError, match="no process named nobody; there are: server"):
        Client(supervisor.layout.state).stop("nobody")


def test_after_the_supervisor_was_killed_its_children_are_found_and_stopped(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from tests.sandbox.test_supervisor import layout, spec
from novaops.sandbox.account import Account
from novaops.sandbox.supervisor import Supervisor
supervisor = Supervisor(layout(Path({str(tmp_path)!r})), Account(0, 0))
supervisor.launch(spec("server"))
supervisor.launch(spec("family", ("bash", "-c", "sleep 3600 & wait")))
print("ready", flush=True)
supervisor.run()
"""
    victim = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"
    victim.kill()
    victim.wait()
    victim.stdout.close()
    snapshot = records.read(Layout(tmp_path).records)
    assert not snapshot.supervised()
    left = "server, bash, and the sleep below it"
    wait_for(lambda: len(stopping.leftovers(snapshot.records, tmp_path)) == 3, left)
    assert stopping.stop_all(snapshot.records, tmp_path, lambda _: None) == []


def test_a_stranger_who_got_the_pid_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPER) as stranger:
        known = proc.identity(stranger.pid)
        assert known is not None
        former = replace(known, started=known.started - 1)
        record = Record("server", former, Stage.EDGE, None, signal.SIGTERM, 1.0, None, tmp_path / "log")
        records.write(tmp_path / "processes.json", Snapshot(records.Phase.RUNNING, former, (record,)))
        read = records.read(tmp_path / "processes.json")
        assert read.records == (record,)
        assert stopping.stop_all(read.records, tmp_path, lambda _: None) == []
        assert stranger.poll() is None
        stranger.kill()


def test_what_ends_slowly_is_started_again_after_it(supervisor: Supervisor, tmp_path: Path) -> None:
    client, listens = Client(supervisor.layout.state), tmp_path / "listens"
    lingering = spec("lingering", (*LINGERING, str(listens)))
    supervisor.launch(replace(lingering, ready=lambda: None if listens.exists() else "It does not listen yet."))
    first = pid(client, "lingering")
    client.restart("lingering")
    assert pid(client, "lingering") != first and client.status()["lingering"].restarts == 0
