"""Syslog, RFC 5424. Over UDP nobody says whether it arrived: better is TCP, or a local daemon that passes it on."""

import os
import socket
from dataclasses import dataclass

from novaops.audit.sinks.contract import TIMEOUT, SinkProblem
from novaops.audit.statements import Line

# Facility 13 (log audit), severity 5 (notice).
PRIORITY = 13 * 8 + 5


@dataclass(frozen=True, slots=True)
class SyslogSink:
    """`how` is udp, tcp or unix; `host` is a path for unix."""

    how: str
    host: str
    port: int = 0

    @property
    def name(self) -> str:
        return f"syslog:unix://{self.host}" if self.how == "unix" else f"syslog:{self.how}://{self.host}:{self.port}"

    def put(self, line: Line) -> None:
        try:
            self._send(message(line))
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise SinkProblem(f"{self.name} does not take it: {reason}.") from error

    def _send(self, text: bytes) -> None:
        if self.how == "unix":
            _to_socket(self.host, text)
        elif self.how == "udp":
            family, kind, _, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind) as channel:
                channel.sendto(text, address)
        else:
            with socket.create_connection((self.host, self.port), TIMEOUT) as channel:
                # Octet counting, RFC 6587: the length says where a message ends.
                channel.sendall(b"%d %s" % (len(text), text))


def message(line: Line) -> bytes:
    """The checkpoint without its proof, which fits into the 2,048 bytes that every receiver takes."""
    said = line.statement
    header = f"<{PRIORITY}>1 {said.made_at} {socket.gethostname()} novaops {os.getpid()} checkpoint - "
    return header.encode() + line.short


def _to_socket(path: str, text: bytes) -> None:
    """Local daemons listen for datagrams, some for streams."""
    for kind, whole in ((socket.SOCK_DGRAM, text), (socket.SOCK_STREAM, text + b"\n")):
        with socket.socket(socket.AF_UNIX, kind) as channel:
            channel.settimeout(TIMEOUT)
            try:
                channel.connect(path)
            except OSError:
                if kind == socket.SOCK_STREAM:
                    raise
                continue
            channel.sendall(whole)
            return
