"""A soak that is told to end takes everything along that it started."""

import signal


def clean_end() -> None:
    """From here on SIGTERM and Ctrl-C leave every block in order, with status 130; a second one changes nothing. Ctrl-C
    too where the shell that started it in the background has it ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(number: int, frame: object) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(130)
