"""What a test needs that this machine may not have: it is left out then, and the summary says so in its own section."""

from collections.abc import Iterator

import pytest

TOLD = "Not tried here, as something is missing"
_missing: dict[str, int] = {}


def leave_out(why: str) -> None:
    """Ends the test; `why` is a sentence that says what is missing and where it would be found."""
    _missing[why] = _missing.get(why, 0) + 1
    pytest.skip(why)


def lines() -> Iterator[str]:
    yield from (f"{number} tests: {why}" for why, number in _missing.items())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.section(TOLD, sep="!", red=True, bold=True)
        for line in lines():
            terminalreporter.write_line(line)
