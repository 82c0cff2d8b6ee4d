"""What NovaOps reads from its environment, as typed values with sentences for what is missing."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# A control database that went away is noticed within half a minute, also by connections that only listen.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
# A process that is frozen inside a transaction may hold the head of the change log or an operation's row, and then all
# others wait: the server ends its session. Nothing of ours is idle that long between two statements.
IDLE = "-c idle_in_transaction_session_timeout=120s"

MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def required(name: str, meaning: str) -> str:
    """The variable's value; ImproperlyConfigured names the variable and what it is for."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"The environment variable {name} is not set: {meaning}.")
    return value


def flag(name: str) -> bool:
    """True for 1, true, yes and on."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    """A comma separated list, without empty entries."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(name: str, url: str, pool: int = 0) -> dict[str, Any]:
    """Django's settings for a `postgresql://user:password@host:port/name` address, the value of the variable `name`.
    With `pool`, threads of the process share that many connections; without, each opens its own when it needs one."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:port/name.")
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port or 5432),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "novaops",
            "options": IDLE,
            **PATIENCE,
            **({"pool": _pool(pool)} if pool else {}),
        },
    }


def owner(name: str) -> dict[str, Any] | None:
    """The same for the login that owns the tables; None where it is not told, as in every process that serves."""
    url = os.environ.get(name, "")
    return database(name, url) if url else None


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma separated list of networks such as 10.20.0.0/16 and fd00::/8."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name} must be networks such as 10.20.0.0/16: {problem}.") from problem


def mail_server(name: str) -> tuple[str, int, str, str, bool, bool]:
    """Host, port, user, password, STARTTLS and TLS of an address such as `smtp+starttls://user:password@host:587`,
    `smtps://host` or `smtp://host`. Empty where none is told."""
    url = os.environ.get(name, "")
    parts = urlsplit(url)
    if not url:
        return "", 25, "", "", False, False
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtp+starttls://user:password@host:587.")
    login = unquote(parts.username or ""), unquote(parts.password or "")
    tls = parts.scheme == "smtp+starttls", parts.scheme == "smtps"
    return parts.hostname, parts.port or MAIL_PORTS[parts.scheme], *login, *tls


def _pool(size: int) -> dict[str, float]:
    return {"min_size": 1, "max_size": size, "timeout": 5.0, "max_idle": 60.0}
