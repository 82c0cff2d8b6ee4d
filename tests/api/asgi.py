"""The console with the tests' own kinds, for tests that need a real server of it."""

import time
from pathlib import Path

from novaops.asgi import application
from novaops.operations import registry
from tests.operations import kinds

__all__ = ["application"]


class Pondering(kinds.Writing):
    """Its plan takes as long as the folder holds the file “ponder”: this is where a test kills the server."""

    name = "pondering"

    def gather(self, parameters: kinds.Words) -> kinds.Facts:
        folder = Path(parameters.folder)
        with (folder / "pondered").open("a") as file:
            file.write("x")
        while (folder / "ponder").exists():
            time.sleep(0.05)
        return super().gather(parameters)


kinds.register()
registry.register(Pondering())
