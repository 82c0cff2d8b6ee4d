"""`novaops`, or `python -m novaops.cli`."""

import os
import sys

from novaops.cli.app import app
from novaops.cli.exits import ExitCode
from novaops.cli.printing import Printer
from novaops.cli.problems import Problem


def main() -> None:
    printer = Printer("--json" in sys.argv[1:])
    try:
        app(prog_name="novaops")
    except Problem as problem:
        printer.problem(problem)
        sys.exit(problem.code)
    except BrokenPipeError:  # whoever read our output has gone, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except OSError as error:
        printer.problem(Problem(ExitCode.INVALID, f"{error.filename or 'The file'}: {error.strerror or error}."))
        sys.exit(ExitCode.INVALID)


if __name__ == "__main__":
    main()
