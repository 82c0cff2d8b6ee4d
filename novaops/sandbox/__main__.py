"""`python -m novaops.sandbox`: what `script/demo` calls."""

import argparse
import os
import signal
import sys

from novaops.sandbox import choices, commands
from novaops.sandbox.problems import SandboxError


def parser() -> argparse.ArgumentParser:
    """The command line; `up` is what happens when no command is given."""
    root = argparse.ArgumentParser(prog="script/demo", description="A real fleet on this machine.")
    root.add_argument("--state", help="the state folder (default: NOVAOPS_STATE, else .novaops)")
    found = root.add_subparsers(dest="command", required=True)
    up = found.add_parser("up", help="start everything")
    up.add_argument("--detach", action="store_true", help="come back when everything is up, and leave it running")
    up.add_argument("--quiet", action="store_true", help="without the workload")
    up.add_argument("--servers-only", action="store_true", help="without the console's processes")
    up.add_argument("--shards", type=int, help="how many shards (default 2)")
    up.add_argument("--port-base", type=int, help="the first port (default NOVAOPS_PORT_BASE, else 17000)")
    up.add_argument("--etcd", type=int, metavar="N", help="1 etcd (default), or a cluster of 3")
    up.add_argument(
        "--patroni",
        action="append",
        default=[],
        metavar="SHARD=VERSION",
        help="another Patroni than the system's for one shard, such as shard-2=4.1.5; may be repeated",
    )
    up.add_argument("--pools-per-shard", type=int, metavar="N", help="0 to 3 PgBouncers in front of each (default 1)")
    up.add_argument(
        "--leader-addresses",
        action=argparse.BooleanOptionalAction,
        help="an address for each shard that follows its leader by itself, as a virtual address or a proxy does",
    )
    status = found.add_parser("status", help="each process: pid, port, state, memory")
    status.add_argument("--json", action="store_true")
    logs = found.add_parser("logs", help="the log of one process")
    logs.add_argument("name", nargs="?")
    logs.add_argument("-f", "--follow", action="store_true")
    found.add_parser("stop", help="stop everything, or with names these processes").add_argument("names", nargs="*")
    found.add_parser("reset", help="stop everything and delete its data")
    for verb in ("start", "restart", "resume"):
        found.add_parser(verb, help=f"{verb} processes by name").add_argument("names", nargs="+")
    kill = found.add_parser("kill", help="send a signal; the supervisor starts the process again")
    kill.add_argument("names", nargs="+")
    kill.add_argument("-9", dest="number", action="store_const", const=signal.SIGKILL, default=signal.SIGTERM)
    kill.add_argument("--tree", action="store_true", help="its children and its PostgreSQL server too")
    pause = found.add_parser("pause", help="hold processes with SIGSTOP until `resume`")
    pause.add_argument("names", nargs="+")
    return root


def words_with_command(words: list[str]) -> list[str]:
    """The words that were typed, with `up` put in where no command is among them."""
    if {*commands.COMMANDS, "-h", "--help"}.intersection(words):
        return words
    start = 2 if words[:1] == ["--state"] else 0
    return [*words[:start], "up", *words[start:]]


def main() -> int:
    options = parser().parse_args(words_with_command(sys.argv[1:]))
    try:
        return commands.COMMANDS[options.command](choices.state_folder(options.state), options)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            f"{error.filename} belongs to another user: run this as the user who started the fleet, "
            "or set NOVAOPS_STATE to a folder of your own.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (`head`) has seen enough; nothing may be flushed into the closed pipe at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
