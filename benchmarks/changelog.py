"""The change log: appended to by eight processes at once and verified by one, each beside a baseline of the same run.

Append: `record()` in a transaction of its own, all into one fleet's chain. Its baseline is the same row of the same
model in a copy of the table that has no chain and no triggers, saved through the ORM in a transaction of its own; a
bare INSERT statement in autocommit is measured too, and is no `record()` without a chain but the least one could do.
Verify: what `manage.py changelog verify` calls, PostgreSQL's part included, wall time. The verifying process is kept on
one core. Its baseline is SHA-256 alone over the same canonical texts, in memory."""

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict

from django.db import connection
from django_tenants.utils import schema_context

from benchmarks import plain, records
from benchmarks.environment import FLEET, Environment
from benchmarks.writers import Work, per_second
from novaops.audit.canonical import canonical
from novaops.audit.models import Record
from novaops.audit.services import record
from novaops.audit.verifying import verify

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


def chained() -> Work:
    connection.set_schema(SCHEMA)  # type: ignore[attr-defined]
    said = {"actor": records.WHO, "outcome": records.OUTCOME, "data": records.DATA}
    return lambda: record(records.VERB, records.SUBJECT, **said)  # type: ignore[arg-type]


def unchained() -> Work:
    connection.set_schema(SCHEMA)  # type: ignore[attr-defined]
    return plain.save


def bare() -> Work:
    connection.set_schema(SCHEMA)  # type: ignore[attr-defined]
    return plain.insert


def _append() -> dict[str, object]:
    """Rounds alternate, so that what else the machine does meets all alike; the medians count."""
    rates: dict[Callable[[], Work], list[float]] = {chained: [], unchained: [], bare: []}
    for _ in range(ROUNDS):
        for make, found in rates.items():
            found.append(per_second(make, WRITERS, SECONDS))
    medians = {make: statistics.median(found) for make, found in rates.items()}
    with schema_context(SCHEMA):
        verdict = verify()
    if not verdict.whole:
        raise RuntimeError(verdict.problem)
    return {
        "append_ratio": round(medians[chained] / medians[unchained], 2),
        "append_ratio_to_bare_insert": round(medians[chained] / medians[bare], 2),
        "appends_per_s": round(medians[chained]),
        "plain_inserts_per_s": round(medians[unchained]),
        "bare_inserts_per_s": round(medians[bare]),
        "writers": WRITERS,
    }


def _verify() -> dict[str, object]:
    with schema_context(SCHEMA):
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
