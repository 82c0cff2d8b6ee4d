"""A soak that is told to end takes everything along that it started; what it started ends with it also where it was
killed."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1


def tied(words: list[str]) -> list[str]:
    """The program, to be started by a thread that lives as long as its process, as the main one does: the kernel kills
    it when that ends, in whatever way."""
    return ["setpriv", "--pdeathsig", "KILL", *words]


def tie() -> None:
    """The same for a process that was forked: the kernel's word does not go on to children."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def clean_end() -> None:
    """From here on SIGTERM and Ctrl-C leave every block in order, with status 130; a second one changes nothing. Ctrl-C
    too where the shell that started it in the background has it ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(number: int, frame: object) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(130)
