"""`manage.py check --database default`: is the role that the console runs with one that protects the change log?"""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from novaops.fleets.ownership import is_owner, weaknesses

PROBLEM = "{} The change log is not protected from it."
HINT = 'Give the console a role of its own that owns nothing: docs/running.md, "Two roles".'
logger = logging.getLogger(__name__)
_asked = False


@register(Tags.database)
def the_role_protects(databases: Sequence[str] | None = None, **rest: Any) -> list[CheckMessage]:
    """Not asked while the owner is at work, such as by `migrate_schemas`."""
    if not databases or is_owner():
        return []
    try:
        return [Warning(PROBLEM.format(how), HINT, id="novaops.W001") for how in weaknesses()]
    except DatabaseError as error:
        return [Error(f"The control database does not answer: {str(error).strip()}", id="novaops.E001")]


def say_once(**rest: Any) -> None:
    """At the first connection of a process: one line of the log for each weakness."""
    global _asked
    if not _asked and not is_owner():
        _asked = True
        for how in weaknesses():
            logger.warning("%s %s", PROBLEM.format(how), HINT)
