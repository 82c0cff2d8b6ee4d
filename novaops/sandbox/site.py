"""Everything that writing a server's configuration needs to know, in one hand."""

from dataclasses import dataclass
from pathlib import Path

from novaops.sandbox import passwords
from novaops.sandbox.account import Account
from novaops.sandbox.binaries import Binaries
from novaops.sandbox.layout import Layout


@dataclass(frozen=True)
class Site:
    """The layout on paper, the programs of this machine and the user that runs them."""

    layout: Layout
    binaries: Binaries
    account: Account

    def secret(self, name: str) -> str:
        return passwords.secret(self.layout.secrets, name)

    def home(self, server: str) -> Path:
        """The server's folder, made and handed to the servers' user."""
        path = self.layout.home(server)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.account.own(path)
        return path

    def write(self, server: str, name: str, text: str) -> Path:
        """One configuration file in the server's folder, readable by the servers' user only."""
        path = self.home(server) / name
        passwords.write_private(path, text)
        self.account.own(path)
        return path
