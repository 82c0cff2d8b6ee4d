"""Addresses as a fleet file writes them: `host:port`, `[::1]:5432`, `http://host:port`."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


def parse_address(text: str) -> Address:
    """ValueError with a sentence when the text is not host:port."""
    if "@" in text:
        raise ValueError("a user name and a password belong under credentials, not into an address")
    if text.startswith(("/", "@", "unix:")):
        raise ValueError(f"{text!r} is a unix socket, which other machines cannot reach: give host:port")
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host if ":" not in host else ""
    if not colon or not host or "/" in text or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not host:port")
    return Address(host, int(port))


def address_of_url(text: str) -> Address:
    """The host and port that an http(s) URL leads to; ValueError with a sentence otherwise."""
    if "@" in text:
        raise ValueError("a user name and a password belong under credentials, not into an address")
    problem = ValueError(f"{text!r} is not an address such as http://host:8008")
    try:
        parts = urlsplit(text)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise problem from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port:
        raise problem
    return Address(parts.hostname, port)


def _checked_address(text: str) -> str:
    parse_address(text)
    return text


def _checked_url(text: str) -> str:
    address_of_url(text)
    return text.rstrip("/")


HostPort = Annotated[str, AfterValidator(_checked_address)]
HttpUrl = Annotated[str, AfterValidator(_checked_url)]
