"""The change log: appended to by eight processes at once and verified by one, each beside a baseline of the same run.

Append: `record()`, each call a transaction of its own, all into one fleet's chain; on disk when it returns. Its
baseline is the plain insert: one INSERT statement of the same row in a transaction of its own (BEGIN, INSERT, COMMIT,
over the same kind of connection) into a table with the same columns and indexes, without chain and triggers. Two others
stand beside it: the row saved through the ORM, and the statement in autocommit, which is the least that one could do.
Verify: what `manage.py changelog verify` calls, PostgreSQL's part included, wall time. The verifying process is kept on
one core. Its baseline is SHA-256 alone over the same canonical texts, in memory."""

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict

from django.db import connection
from django_tenants.utils import tenant_context

from benchmarks import plain, records
from benchmarks.environment import FLEET, Environment
from benchmarks.writers import Work, per_second
from novaops.audit.canonical import canonical
from novaops.audit.models import Record
from novaops.audit.services import record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet

WRITERS = 8
SECONDS = 4.0
ROUNDS = 5
HUNDREDS = 1200
SAMPLE = 10_000
FILL = "SELECT count(audit_append(%s, %s, %s, %s, %s, %s, %s)) FROM generate_series(1, %s)"
SCHEMA = f"fleet_{FLEET}"


def main(environment: Environment) -> dict[str, object]:
    plain.make_table(SCHEMA)
    return {**_append(), **_verify()}


def enter() -> None:
    """The fleet, for as long as the process lives."""
    connection.set_tenant(Fleet.objects.get(slug=FLEET))  # type: ignore[attr-defined]


def chained() -> Work:
    enter()
    said = {"actor": records.WHO, "outcome": records.OUTCOME, "data": records.DATA}
    return lambda: record(records.VERB, records.SUBJECT, **said)  # type: ignore[arg-type]


def inserted() -> Work:
    enter()
    return plain.insert


def saved() -> Work:
    enter()
    return plain.save


def inserted_at_once() -> Work:
    enter()
    return plain.insert_at_once


def _append() -> dict[str, object]:
    """Rounds alternate, so that what else the machine does meets all alike; the medians count."""
    rates: dict[Callable[[], Work], list[float]] = {chained: [], inserted: [], saved: [], inserted_at_once: []}
    for number in range(ROUNDS):
        for make, found in rates.items():
            found.append(per_second(make, WRITERS, SECONDS))
        print(f"round {number + 1}: {', '.join(f'{make.__name__} {found[-1]:.0f}/s' for make, found in rates.items())}")
    medians = {make: statistics.median(found) for make, found in rates.items()}
    with tenant_context(Fleet.objects.get(slug=FLEET)):
        verdict = verify()
    if not verdict.whole:
        raise RuntimeError(verdict.problem)
    return {
        "append_ratio": round(medians[chained] / medians[inserted], 2),
        "append_ratio_to_orm": round(medians[chained] / medians[saved], 2),
        "append_ratio_to_autocommit": round(medians[chained] / medians[inserted_at_once], 2),
        "appends_per_s": round(medians[chained]),
        "plain_inserts_per_s": round(medians[inserted]),
        "orm_inserts_per_s": round(medians[saved]),
        "autocommit_inserts_per_s": round(medians[inserted_at_once]),
        "writers": WRITERS,
    }


def _verify() -> dict[str, object]:
    with tenant_context(Fleet.objects.get(slug=FLEET)):
        _fill()
        texts = [canonical(asdict(entry.body)) for entry in Record.objects.all()[:SAMPLE]]
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        verified = [_timed(verify) for _ in range(ROUNDS)]
        count = verify().records
    hashed = [_timed(lambda: [hashlib.sha256(text).hexdigest() for text in texts]) for _ in range(ROUNDS)]
    return {
        "verify_records_per_s": round(count / statistics.median(wall for wall, _ in verified)),
        "verify_records_per_cpu_s": round(count / statistics.median(cpu for _, cpu in verified)),
        "bare_sha256_per_s": round(len(texts) / statistics.median(wall for wall, _ in hashed)),
        "verified_records": count,
        "bytes_per_record": round(statistics.mean(map(len, texts))),
    }


def _fill() -> None:
    """The mixture, by the database's own function, in transactions of at most fifty records."""
    name, kind = records.WHO.name, records.WHO.kind.value
    with connection.cursor() as cursor:
        for _ in range(HUNDREDS):
            for verb, subject, outcome, data, count in records.MIXTURE:
                said = (name, kind, None, verb, subject, outcome, canonical(data).decode())
                cursor.execute(FILL, (*said, count))


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of this process."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used
