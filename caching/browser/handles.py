"""An entry's address in a link. A secret key never stands in an address, where logs and histories keep it: it is
sealed."""

import binascii

from caching.browser.entry import Entry
from novaops.inventory.secrets import SecretProblem, open_, seal

SEALED = "sealed"


def handle(entry: Entry) -> dict[str, str]:
    """The parameters of a link to an entry."""
    where = {"tier": entry.tier, "node": entry.node}
    return {**where, SEALED: seal(entry.key).decode()} if entry.secret else {**where, "key": entry.key}


def key_in(given: dict[str, str]) -> str:
    """The key of such parameters; empty where they name none."""
    try:
        return open_(given[SEALED].encode()) if given.get(SEALED) else given.get("key", "")
    except (SecretProblem, binascii.Error):
        return ""
