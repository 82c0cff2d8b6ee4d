"""TLS to a server, as the fleet file says it."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")
YES, NO = "true", "false"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths on each host that runs the console; empty `ca_file`: the system's certificates are trusted."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    check_names: bool = True

    def context(self) -> ssl.SSLContext:
        """Raises OSError for files that cannot be read or hold no certificate."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.check_hostname = self.check_names
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None)
        return context


def options_of(files: TlsFiles) -> dict[str, str]:
    """As a server's options keep it."""
    paths = {one.name: getattr(files, one.name) for one in fields(files) if one.name != "check_names"}
    names = {} if files.check_names else {"check_names": NO}
    return {"tls": YES, **{name: path for name, path in paths.items() if path}, **names}


def tls_of(options: Mapping[str, str]) -> TlsFiles | None:
    """None where no TLS is spoken."""
    if options.get("tls") != YES:
        return None
    paths = {name: options.get(name, "") for name in ("ca_file", "cert_file", "key_file")}
    return TlsFiles(**paths, check_names=options.get("check_names") != NO)


def libpq(options: Mapping[str, str]) -> dict[str, Any]:
    """What a PostgreSQL server's options say of TLS, as libpq's parameters."""
    return {name: options[name] for name in LIBPQ if options.get(name)}
