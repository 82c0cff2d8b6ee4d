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
    except Exception as defect:  # the edge: a person sees a sentence, and a developer what is behind it
        if os.environ.get("NOVAOPS_DEBUG"):
            raise
        sentence = f"A defect of this command: {type(defect).__name__}: {defect}. NOVAOPS_DEBUG=1 shows where."
        printer.problem(Problem(ExitCode.ERRORED, sentence))
        sys.exit(ExitCode.ERRORED)


if __name__ == "__main__":
    main()
