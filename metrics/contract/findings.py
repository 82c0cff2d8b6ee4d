"""A finding: something a person should know, as a sentence with its number, its age and a link."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import IntegerChoices


class Severity(IntegerChoices):
    CRITICAL = 30, "Critical"
    WARNING = 20, "Warning"
    INFO = 10, "Note"


@dataclass(frozen=True, slots=True)
class Remedy:
    """The request form of the operation that mends it, filled in; `label` says what it does."""

    label: str
    kind: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """`key` is stable while the same thing is wrong ("unreachable:postgres:shard-1-a"); `since` is when it began;
    `page` is a URL name and `anchor` where on it. `next_step` says what to do, where that is known. `explains` are the
    keys of findings that follow from this one, whether they stand or not: they are not told beside it. `remedy` is the
    operation that mends it, where there is one."""

    key: str
    severity: Severity
    sentence: str
    subject: str
    since: datetime | None
    page: str
    anchor: str = ""
    next_step: str = ""
    explains: tuple[str, ...] = ()
    remedy: Remedy | None = None
