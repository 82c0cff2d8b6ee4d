"""PostgreSQL's settings as pg_settings tells them, and whether a value can stand in one. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

# Patroni sets these itself and passes over what the configuration says.
RULED = {
    "listen_addresses": "it is made from postgresql.listen of each member",
    "port": "it is made from postgresql.listen of each member",
    "cluster_name": "it is the scope",
    "hot_standby": "it is always on",
    "wal_log_hints": "it is always on",
    "primary_conninfo": "it follows the leader",
    "primary_slot_name": "it follows the leader",
    "synchronous_standby_names": "it follows “Set synchronous mode”",
    "data_directory": "it is each member's own",
    "promote_trigger_file": "Patroni promotes",
}
RECOVERY = re.compile(r"^recovery_target|^(restore_command|archive_cleanup_command|recovery_end_command)$")
# Less than this Patroni replaces by its default.
LEAST: Mapping[str, int] = {
    "max_connections": 25,
    "max_wal_senders": 3,
    "max_replication_slots": 4,
    "max_worker_processes": 2,
    "max_locks_per_transaction": 32,
}
BYTES = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
MICROSECONDS = {"us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 24 * 3600 * 10**6}
TRUE, FALSE = frozenset({"on", "true", "yes", "1"}), frozenset({"off", "false", "no", "0"})
NUMBER = re.compile(r"^\s*([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*([a-zA-Z]*)\s*$", re.IGNORECASE)


class Setting(BaseModel):
    """A row of pg_settings on the leader. Numbers are in `unit`, such as 8kB or ms."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str
    unit: str = ""
    context: str = ""
    type: str = "string"
    least: str = ""
    most: str = ""
    words: tuple[str, ...] = ()

    @property
    def restarts(self) -> bool:
        return self.context == "postmaster"

    @property
    def allowed(self) -> str:
        if self.words:
            return f"one of {', '.join(self.words)}"
        if self.type == "bool":
            return "on or off"
        if self.type in ("integer", "real"):
            return f"{self.least} to {self.most}{' in units of ' + self.unit if self.unit else ''}"
        return "any text"


def problem(name: str, value: Any, known: Setting | None) -> str:
    """Why it cannot stand there, in a sentence; empty when it can. None takes the setting out."""
    low = name.lower()
    if low in RULED:
        return f"{name} is ruled by Patroni itself: {RULED[low]}."
    if RECOVERY.match(low):
        return f"{name} belongs into postgresql recovery_conf: Patroni passes over it among the parameters."
    if known is None:
        return "" if "." in name else f"PostgreSQL knows no setting {name}."
    if known.context == "internal":
        return f"{name} cannot be set: it is fixed when PostgreSQL is built or the cluster is made."
    if value is None:
        return ""
    found = normal(value, known)
    if found is None:
        return f"{name} cannot be {value!r}: it is {known.allowed}."
    if low in LEAST and float(found) < LEAST[low]:
        return f"{name} cannot be {value!r}: Patroni takes {LEAST[low]} at least."
    return ""


def normal(value: Any, known: Setting) -> str | None:
    """As pg_settings would show it, to be compared; None where it cannot be."""
    if known.type == "bool":
        word = _word(value)
        return "on" if word in TRUE else "off" if word in FALSE else None
    if known.type == "enum":
        word = _word(value)
        same = {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}
        return next((one for one in known.words if one.lower() in (word, same.get(word))), None)
    if known.type in ("integer", "real"):
        number = _number(value, known)
        return None if number is None else f"{number:g}" if known.type == "real" else str(round(number))
    return None if isinstance(value, dict | list) else str(value)


def equal(value: Any, known: Setting, shown: str) -> bool:
    """Whether a server that shows `shown` has it."""
    wanted = normal(value, known)
    if wanted is None or known.type not in ("integer", "real"):
        return wanted == shown
    return abs(float(wanted) - float(shown)) <= abs(float(wanted)) * 1e-6


def _word(value: Any) -> str:
    return str(value).strip().lower()


def _number(value: Any, known: Setting) -> float | None:
    found = NUMBER.match("" if isinstance(value, bool) else str(value))
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit:
        factor = _factor(unit, known.unit)
        if factor is None:
            return None
        number *= factor
    if known.type == "integer":
        number = round(number)
    return number if float(known.least or "-inf") <= number <= float(known.most or "inf") else None


def _factor(unit: str, base: str) -> float | None:
    """How many of the setting's own units one of these is; None where they do not go together."""
    found = re.match(r"^(\d*)([a-zA-Z]+)$", base)
    if found is None:
        return None
    count = int(found[1] or 1)
    for known in (BYTES, MICROSECONDS):
        if unit in known and found[2] in known:
            return known[unit] / (known[found[2]] * count)
    return None
