"""How large a server's disk is: no server tells, the fleet file may."""

from collections.abc import Mapping


def disk_bytes(options: Mapping[str, object]) -> int | None:
    """From a member's option `disk_bytes`; None where it is not given."""
    told = str(options.get("disk_bytes", ""))
    return int(told) if told.isdecimal() else None
