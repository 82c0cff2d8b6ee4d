"""A server as probes and clients see it: a frozen value with its secret already open, never shown."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password; the password never appears in a repr."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One address. `shard`, `cluster` and `database` are empty for servers that belong to no shard. `out`: applications
    are not to use it for now."""

    server_id: int
    kind: str
    name: str
    host: str
    port: int
    url: str = ""
    shard: str = ""
    cluster: str = ""
    database: str = ""
    login: Login = field(default_factory=Login)
    options: dict[str, str] = field(default_factory=dict, hash=False)
    out: bool = False

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"
