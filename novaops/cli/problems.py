"""Why a command did not do what was asked: a sentence for a person, an exit code for a script."""

from collections.abc import Mapping

from novaops.cli.exits import ExitCode


class Problem(Exception):
    """`status` is HTTP's, where the console said it; `fields` has a sentence for each field that is wrong."""

    def __init__(
        self, code: ExitCode, sentence: str, *, status: int | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.fields = dict(fields or {})


class Unreachable(Problem):
    """No answer came, or one that may be another one in a moment: worth another try."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(ExitCode.UNREACHABLE, sentence, status=status)
