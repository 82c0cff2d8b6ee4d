"""A finding: something a person should know, as a sentence with its number, its age and a link."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerChoices


class Severity(IntegerChoices):
    CRITICAL = 30, "Critical"
    WARNING = 20, "Warning"
    INFO = 10, "Note"


@dataclass(frozen=True, slots=True)
class Finding:
    """`key` is stable while the same thing is wrong ("unreachable:postgres:shard-1-a"); `since` is when it began;
    `page` is a URL name and `anchor` where on it. `next_step` says what to do, where that is known. `explains` are the
    keys of findings that follow from this one, whether they stand or not: they are not told beside it."""

    key: str
    severity: Severity
    sentence: str
    subject: str
    since: datetime | None
    page: str
    anchor: str = ""
    next_step: str = ""
    explains: tuple[str, ...] = ()
