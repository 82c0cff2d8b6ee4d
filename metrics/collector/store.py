"""The collector's side of the control database. Every function works in the fleet whose schema the connection is on."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.utils import DataError, IntegrityError

from metrics import registry
from metrics.collector.outcomes import Job, Outcome
from metrics.collector.sql_files import CLAIM, REGISTER, SAMPLES, STORE
from metrics.contract import State
from metrics.models import Reading
from metrics.signals import answered
from novaops import live
from novaops.inventory.targets import Target

log = logging.getLogger(__name__)


def register(cycle_seconds: float) -> None:
    """Readings for servers and probes that have none yet."""
    probes = [
        {"name": probe.name, "kind": probe.kind, "every": probe.every or cycle_seconds} for probe in registry.probes()
    ]
    with connection.cursor() as cursor:
        cursor.execute(REGISTER, {"probes": json.dumps(probes)})


def claim(schema: str, collector: str, targets: Mapping[int, Target], most: int) -> list[Job]:
    """At most so many due readings, taken for this collector."""
    names = [probe.name for probe in registry.probes()]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"collector": collector, "probes": names, "most": most})
        rows = cursor.fetchall()
    return [
        Job(schema, reading, targets[server], registry.probe(probe))
        for reading, server, probe in rows
        if server in targets
    ]


def seconds_to_next() -> float | None:
    """Until something is due; None when there is nothing at all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM min(due_at) - now())::float8 FROM metrics_reading")
        row = cursor.fetchone()
    return row[0] if row else None


def store(outcomes: Sequence[Outcome]) -> None:
    """All of them in one transaction, with word to the open pages; one by one where one cannot be stored."""
    try:
        _store(outcomes)
    except (DataError, IntegrityError):
        if len(outcomes) == 1:
            log.exception("The answer of %s to %s cannot be stored", _name(outcomes[0]), outcomes[0].job.probe.name)
            return
        for outcome in outcomes:
            store([outcome])


def _store(outcomes: Sequence[Outcome]) -> None:
    said = {"outcomes": json.dumps([_row(outcome) for outcome in outcomes]).replace("\\u0000", "\\ufffd")}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, said)
        before = dict(cursor.fetchall())
        cursor.execute(SAMPLES, said)
        live.publish("samples")
    for outcome in outcomes:
        _say(outcome, before.get(outcome.job.reading_id, outcome.state))
        if outcome.typed is not None:
            job = outcome.job
            answered.send_robust(
                sender=Reading, probe=job.probe.name, target=job.target, facts=outcome.typed, at=outcome.at
            )


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.job.reading_id,
        "at": outcome.at.isoformat(),
        "state": outcome.state.value,
        "cause": outcome.cause,
        "facts": outcome.facts,
        "values": outcome.values,
        "sample": outcome.sample,
        "took_ms": outcome.took_ms,
    }


def _say(outcome: Outcome, was: str) -> None:
    """A line in the log for every change of state."""
    if was == outcome.state or (was == State.UNKNOWN and outcome.state == State.OK):
        return
    level = logging.INFO if outcome.state == State.OK else logging.WARNING
    log.log(level, "%s, %s: %s -> %s. %s", _name(outcome), outcome.job.probe.name, was, outcome.state, outcome.cause)


def _name(outcome: Outcome) -> str:
    return f"{outcome.job.schema}/{outcome.job.target.name}"


def forget_gone() -> int:
    """Readings of servers that the last import no longer names; their samples stay until they are too old."""
    gone, _ = Reading.objects.filter(server__present=False).delete()
    return gone
