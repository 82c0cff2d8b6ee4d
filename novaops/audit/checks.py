"""`manage.py check --deploy`: is the change log protected from somebody with the whole control database?"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from novaops.audit.delivering import sinks
from novaops.audit.signing import KeyProblem, configured

HINT = "docs/change-log.md says how to set it up."


@register(Tags.security, deploy=True)
def checkpoints_are_signed(**rest: Any) -> list[CheckMessage]:
    try:
        configured()
    except KeyProblem as problem:
        return [Warning(str(problem), HINT, id="novaops.W002")]
    return []


@register(Tags.security, deploy=True)
def checkpoints_leave_the_database(**rest: Any) -> list[CheckMessage]:
    if not settings.CHECKPOINT_SINKS:
        problem = (
            "NOVAOPS_CHECKPOINT_SINKS names no place outside the control database: whoever has it and the key can make "
            "the past anew unseen."
        )
        return [Warning(problem, HINT, id="novaops.W003")]
    try:
        sinks()
    except ImproperlyConfigured as error:
        return [Error(str(error), HINT, id="novaops.E002")]
    return []
