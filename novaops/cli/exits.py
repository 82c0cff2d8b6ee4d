"""How the command line ends, for scripts. Those that `manage.py operation` has too are the same there."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    OK = 0
    ABORTED = 1
    INVALID = 2
    REFUSED = 3
    FAILED = 4
    ERRORED = 5
    CANCELLED = 6
    STALE = 7
    NOT_ENDED = 8
    UNREACHABLE = 9


MEANINGS = {
    ExitCode.OK: "done, planned, on its way, or nothing to do",
    ExitCode.ABORTED: "Ctrl-C, or a question answered with no, before the console was told to do anything more",
    ExitCode.INVALID: "the command or the request cannot be understood, or names what is not there",
    ExitCode.REFUSED: "refused (a right, a failed check, a conflict, the wrong phrase), rejected or expired",
    ExitCode.FAILED: "the operation failed; the change log does not verify",
    ExitCode.ERRORED: "the operation met a defect",
    ExitCode.CANCELLED: "the operation was cancelled",
    ExitCode.STALE: "the fleet had changed since it was planned",
    ExitCode.NOT_ENDED: "the operation had not ended when the watch was over, or Ctrl-C ended the watch",
    ExitCode.UNREACHABLE: "the console does not answer, or does not take the token",
}
_OF_STATUS = {
    "refused": ExitCode.REFUSED,
    "rejected": ExitCode.REFUSED,
    "expired": ExitCode.REFUSED,
    "failed": ExitCode.FAILED,
    "errored": ExitCode.ERRORED,
    "cancelled": ExitCode.CANCELLED,
    "stale": ExitCode.STALE,
}


_OF_PREVIEW = {
    "refused": ExitCode.REFUSED,
    "unreachable": ExitCode.REFUSED,
    "errored": ExitCode.ERRORED,
}


def of_preview(preview: Mapping[str, Any]) -> ExitCode:
    """Of what would be planned: whether a request would be."""
    return _OF_PREVIEW.get(preview["state"], ExitCode.OK)


def of_operation(operation: Mapping[str, Any]) -> ExitCode:
    """Of one as it is now; one that goes on is well."""
    return _OF_STATUS.get(operation["status"], ExitCode.OK)
