"""What each word of the command line does. Every function returns the exit status."""

import os
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from novaops.sandbox import choices, proc, records, status, stopping
from novaops.sandbox import up as starting
from novaops.sandbox.control import Client
from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Phase
from novaops.sandbox.site import Site

STOP_WITHIN = 120.0
LAST_LINES = "200"


def say(text: str) -> None:
    print(text, flush=True)


def up(state: Path, options: Namespace) -> int:
    """Start, unless it runs already."""
    known = records.read(Layout(state).records)
    if known.supervised():
        say(known.message or f"The sandbox in {state} is {known.phase}: `script/demo status` shows it.")
        return 0
    asked = choices.Asked(
        options.port_base,
        options.shards,
        options.etcd,
        tuple(options.patroni),
        options.pools_per_shard,
        options.leader_addresses,
    )
    wanted = choices.decide(state, asked)
    wishes = starting.Wishes(wanted, quiet=options.quiet, servers_only=options.servers_only)
    site = starting.prepare(state, wishes, say)
    return _detached(site, wishes) if options.detach else starting.supervise(site, wishes, say)


def show_status(state: Path, options: Namespace) -> int:
    found = status.report(state)
    message = records.read(Layout(state).records).message if found.supervised else ""
    say(status.as_json(found) if options.json else status.table(found, message))
    return 0 if found.supervised else 3


def logs(state: Path, options: Namespace) -> int:
    """Become `tail`."""
    layout = Layout(state)
    names = sorted(path.stem for path in (state / "logs").glob("*.log"))
    if options.name not in names:
        raise SandboxError(f"Name one of: {', '.join(names)}." if names else "Nothing was ever started.")
    sys.stdout.flush()
    follow = ["-F"] if options.follow else []
    os.execvp("tail", ["tail", "-n", LAST_LINES, *follow, str(layout.log(options.name))])  # noqa: S606 (no shell is wanted)


def stop(state: Path, options: Namespace) -> int:
    """Everything, in order; then make sure that nothing is left. With names: only these."""
    if options.names:
        return _each(Client(state).stop, options.names)
    began = time.monotonic()
    _stop_supervisor(state)
    known = records.read(Layout(state).records)
    left = stopping.stop_all(known.records, state, say)
    if left:
        say(f"Still running: {', '.join(left)}.")
        return 1
    say(f"Nothing is left running ({time.monotonic() - began:.1f} s).")
    return 0


def reset(state: Path, options: Namespace) -> int:
    """Stop, then delete the data, the secrets and the logs."""
    if not (state / "sandbox.json").exists():
        say(f"There is nothing to reset in {state}.")
        return 0
    if stop(state, Namespace(names=[])):
        return 1
    shutil.rmtree(state)
    say(f"Deleted {state}.")
    return 0


def start(state: Path, options: Namespace) -> int:
    return _each(Client(state).start, options.names)


def restart(state: Path, options: Namespace) -> int:
    return _each(Client(state).restart, options.names)


def resume(state: Path, options: Namespace) -> int:
    return _each(Client(state).resume, options.names)


def pause(state: Path, options: Namespace) -> int:
    return _each(Client(state).pause, options.names)


def kill(state: Path, options: Namespace) -> int:
    return _each(lambda name: Client(state).kill(name, options.number, options.tree), options.names)


COMMANDS: dict[str, Callable[[Path, Namespace], int]] = {
    "up": up,
    "status": show_status,
    "logs": logs,
    "stop": stop,
    "reset": reset,
    "start": start,
    "restart": restart,
    "resume": resume,
    "pause": pause,
    "kill": kill,
}


def _each(act: Callable[[str], None], names: list[str]) -> int:
    for name in names:
        act(name)
    return 0


def _stop_supervisor(state: Path) -> None:
    """Ask the supervisor to end, and wait: it stops its children itself."""
    known = records.read(Layout(state).records).supervisor
    if known is None or not proc.alive(known):
        return
    stopping.send(known.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while proc.alive(known) and time.monotonic() < deadline:
        time.sleep(stopping.PAUSE)
    if proc.alive(known):
        stopping.send(known.pid, signal.SIGKILL)


def _detached(site: Site, wishes: starting.Wishes) -> int:
    """The supervisor goes on in a process of its own; this one shows its words until everything is up."""
    progress = site.layout.log("up")
    progress.write_text("")
    sys.stdout.flush()
    supervisor = os.fork()
    if supervisor == 0:
        _become_daemon()
        with progress.open("a") as log:
            os._exit(starting.supervise(site, wishes, lambda text: print(text, file=log, flush=True)))
    try:
        return _watch(site.layout, supervisor)
    except KeyboardInterrupt:
        say("The start goes on in the background: `script/demo status` shows it, `script/demo stop` ends it.")
        return 130


def _become_daemon() -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _watch(layout: Layout, supervisor: int) -> int:
    """Copy the progress to the terminal until the start has ended, well or not."""
    with layout.log("up").open() as progress:
        while True:
            ended, result = os.waitpid(supervisor, os.WNOHANG)
            phase = records.read(layout.records)
            text = progress.read()
            print(text, end="", flush=True)
            if ended:
                return os.waitstatus_to_exitcode(result) or 1
            if phase.phase == Phase.RUNNING and phase.supervised() and not text:
                return 0
            time.sleep(0.1)
