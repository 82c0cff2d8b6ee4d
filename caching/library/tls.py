"""TLS to Redis: whom a connection trusts, and what it shows of itself."""

import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from redis.connection import SSLConnection

CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)  # what a closed connection is under TLS


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files. Without `ca_file` the system's certificates are trusted; `cert_file` and `key_file` are for
    servers that ask their clients for one. `check_names`: whether a certificate has to name the address that was
    connected to; the cluster's own addresses are those that its nodes announce."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    check_names: bool = True

    def context(self) -> ssl.SSLContext:
        """Read anew when a file has changed. Raises OSError for files that cannot be read or hold no certificate."""
        paths = (path for path in (self.ca_file, self.cert_file, self.key_file) if path)
        return _context(self, tuple(Path(path).stat().st_mtime_ns for path in paths))

    def for_redis_py(self) -> dict[str, Any]:
        """The arguments of redis-py's clients. Their connections then have to be `Secured`."""
        return {
            "ssl": True,
            "ssl_ca_certs": self.ca_file or None,
            "ssl_certfile": self.cert_file or None,
            "ssl_keyfile": self.key_file or None,
            "ssl_check_hostname": self.check_names,
        }


class Secured(SSLConnection):
    """redis-py's own would trust the system's certificates beside those of `ca_file`, and read all of them for each
    connection."""

    def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
        return tls_of(self).context().wrap_socket(sock, server_hostname=self.host)


def tls_of(connection: Any) -> Tls:
    """From what redis-py handed on to a connection, of threads or of tasks."""
    files = (connection.ca_certs or "", connection.certfile or "", connection.keyfile or "")
    return Tls(*files, check_names=connection.check_hostname)


@lru_cache(maxsize=16)
def _context(tls: Tls, _changed_at: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    context.check_hostname = tls.check_names
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    return context
