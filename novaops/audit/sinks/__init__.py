"""Places outside the database that get each checkpoint. An address says which: `file:/folder`, `https://host/path`,
`syslog:udp://host:port`, `syslog:tcp://host:port`, `syslog:unix:///dev/log`."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from novaops.audit.sinks.contract import Sink, SinkProblem
from novaops.audit.sinks.file import FileSink
from novaops.audit.sinks.syslog import SyslogSink
from novaops.audit.sinks.webhook import Webhook

__all__ = ["FileSink", "Sink", "SinkProblem", "sink_at"]

KINDS = "file:/folder, syslog:udp://host:port, syslog:tcp://host:port, syslog:unix:///path or https://host/path"


def sink_at(address: str) -> Sink:
    """ImproperlyConfigured for what is no address of a sink."""
    kind, _, rest = address.partition(":")
    if kind == "file" and rest.startswith("/"):
        return FileSink(rest.removeprefix("//") if rest.startswith("///") else rest)
    if kind == "syslog" and (found := _syslog(rest)):
        return found
    if kind in {"http", "https"} and urlsplit(address).hostname:
        return Webhook(address)
    raise ImproperlyConfigured(f"NOVAOPS_CHECKPOINT_SINKS names {address!r}, which is none of {KINDS}.")


def _syslog(rest: str) -> SyslogSink | None:
    parts = urlsplit(rest)
    try:
        port = parts.port
    except ValueError:
        return None
    if parts.scheme == "unix" and parts.path:
        return SyslogSink("unix", parts.path)
    if parts.scheme in {"udp", "tcp"} and parts.hostname:
        return SyslogSink(parts.scheme, parts.hostname, port or 514)
    return None
