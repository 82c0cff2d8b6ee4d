"""Taking the oldest part of the change log away: up to a signed checkpoint that every place outside has, after all of
it was written into an archive that the verifier accepts, and by the owner of the tables alone.

The statement, the removal and the record of it are one transaction: whenever this process dies, the chain is the old
one or the new one."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from novaops.audit import archive, checkpoints, delivering
from novaops.audit.actors import Actor
from novaops.audit.archive import Archive
from novaops.audit.beginning import PRUNED, newest
from novaops.audit.canonical import GENESIS, instant
from novaops.audit.models import Checkpoint, Delivery, Record
from novaops.audit.pruned import Pruned
from novaops.audit.services import record
from novaops.audit.signing import configured
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.fleets.ownership import as_owner
from novaops.ui.formats import human_bytes, human_number

PRUNE = "SELECT audit_prune_by_owner(%s, %s)"
SIZE = "SELECT coalesce(sum(pg_column_size(r.*)), 0) FROM audit_record r WHERE r.sequence <= %s"


class NotPruned(Exception):
    """Refused: a sentence that says why. Nothing was removed."""


@dataclass(frozen=True, slots=True)
class Due:
    """What would go: the records `first` up to the checkpoint, made from `begins` to `ends`; `size` in bytes, as the
    database holds them. `places` have the checkpoint."""

    first: int
    checkpoint: Checkpoint
    begins: datetime
    ends: datetime
    size: int
    places: tuple[str, ...]

    @property
    def last(self) -> int:
        return self.checkpoint.sequence

    @property
    def records(self) -> int:
        return self.last - self.first + 1

    @property
    def span(self) -> str:
        return f"records {self.first} to {self.last}, of {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}"

    @property
    def facts(self) -> dict[str, Any]:
        """For programs."""
        said = {"first": self.first, "last": self.last, "records": self.records, "bytes": self.size}
        times = {"begins": instant(self.begins), "ends": instant(self.ends)}
        return {**said, **times, "checkpoint": self.checkpoint.number, "places": self.places}

    @property
    def sentence(self) -> str:
        size = f"{human_number(self.records)} of them, {human_bytes(self.size)} in the database"
        where = f"up to checkpoint {self.checkpoint.number}, which lies in {', '.join(self.places)}"
        return f"Would go: {self.span} ({size}), {where}. Nothing was removed."


def due(fleet: Fleet, now: datetime, number: int | None = None) -> Due:
    """Up to the newest checkpoint, or checkpoint `number`, all of whose records are past the fleet's time. NotPruned
    when there is none, or when it does not lie in every place outside."""
    before = newest()
    gone = before.last if before else 0
    past = months_before(now, fleet.change_log_months)
    checkpoint = _checkpoint(gone, past, number)
    if checkpoint is None:
        which = f"Checkpoint {number} does" if number else "No checkpoint ends"
        wanted = f"with a record behind {gone} that is older than {fleet.change_log_months} months"
        raise NotPruned(f"{which} not end {wanted}." if number else f"{which} {wanted}: there is nothing to prune.")
    places = _places_with(checkpoint)
    ends = Record.objects.filter(sequence__in=(gone + 1, checkpoint.sequence)).order_by("sequence")
    times = list(ends.values_list("at", flat=True))
    return Due(gone + 1, checkpoint, times[0], times[-1], _size(checkpoint.sequence), places)


def prune(fleet: Fleet, what: Due, path: Path, by: Actor) -> Pruned:
    """KeyProblem without a key, Unsound or NotPruned when the log is not whole, ArchiveProblem when the archive is not
    good, FleetProblem without the owner's login. Call it inside the fleet's schema, outside of any transaction."""
    key = configured()
    with as_owner():  # without that login nothing is even written
        connection.ensure_connection()
    copies = [one for sink in delivering.files(fleet.slug) if os.access(one := sink.path(fleet.slug), os.R_OK)]
    verdict = verify(copies)
    if not verdict.whole:
        raise NotPruned(f"The change log is not whole, and nothing may be removed from it. {verdict.problem}")
    written = archive.write(path, what.first, what.checkpoint)
    archive.require_good(written, what.first, what.checkpoint, copies)
    said = _statement(what, written, key.public)
    with as_owner(), transaction.atomic():
        _remove(said, key.sign(said.text))
        outcome = f"Taken away: {what.span}. They are in the archive {said.archive}."
        record(PRUNED, "change-log", actor=by, outcome=outcome, data=_facts(said, what))
    checkpoints.make()
    return said


def months_before(moment: datetime, months: int) -> datetime:
    """So many months earlier; a day that that month does not have is its last that every month has."""
    whole = moment.year * 12 + moment.month - 1 - months
    return moment.replace(year=whole // 12, month=whole % 12 + 1, day=min(moment.day, 28))


def _checkpoint(gone: int, past: datetime, number: int | None) -> Checkpoint | None:
    """The newest that ends with a record older than that."""
    oldest = Record.objects.filter(at__lt=past).order_by("-at").values_list("sequence", flat=True).first()
    found = Checkpoint.objects.filter(sequence__gt=gone, sequence__lte=oldest or 0).order_by("-number")
    return (found.filter(number=number) if number else found).first()


def _places_with(checkpoint: Checkpoint) -> tuple[str, ...]:
    sinks = [sink.name for sink in delivering.sinks()]
    if not sinks:
        raise NotPruned("No place outside is configured: nobody could prove later that what is left follows what went.")
    have = dict(Delivery.objects.filter(sink__in=sinks).values_list("sink", "delivered"))
    missing = [sink for sink in sinks if have.get(sink, 0) < checkpoint.number]
    if missing:
        raise NotPruned(f"Checkpoint {checkpoint.number} does not lie in {', '.join(missing)} yet.")
    return tuple(sinks)


def _size(last: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [last])
        return int(cursor.fetchone()[0])


def _statement(what: Due, written: Archive, key: str) -> Pruned:
    before, said = newest(), what.checkpoint.statement
    return Pruned(
        fleet=said.fleet,
        chain=said.chain,
        number=before.number + 1 if before else 1,
        first=what.first,
        last=what.last,
        head=said.head,
        root=said.root,
        checkpoint=said.number,
        checkpoint_digest=what.checkpoint.digest,
        archive=written.digest,
        archive_bytes=written.size,
        made_at=instant(timezone.now()),
        key=key,
        previous=before.digest if before else GENESIS,
    )


def _remove(said: Pruned, signature: str) -> None:
    """The database has the last word: NotPruned when the statement does not fit what stands there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, (said.text.decode(), signature))
    except DatabaseError as refused:
        raise NotPruned(str(refused).partition("\n")[0]) from refused


def _facts(said: Pruned, what: Due) -> dict[str, object]:
    names = ("number", "first", "last", "head", "checkpoint", "checkpoint_digest", "archive", "archive_bytes")
    return {**{name: getattr(said, name) for name in names}, "statement": said.digest, "places": list(what.places)}
