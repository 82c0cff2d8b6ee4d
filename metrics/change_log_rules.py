"""Findings about the change log itself: that it is not what was written, or that nothing would show it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from metrics.contract import Finding, Severity, Snapshot
from metrics.thresholds import OUTSIDE_SILENT_MINUTES
from novaops.audit.integrity import Integrity, integrity
from novaops.audit.models import Delivery
from novaops.ui.formats import duration

PAGE, SUBJECT = "checkpoints", "change log"


def change_log(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Read from the control database: what workers found when they last verified, signed and carried outside."""
    found = integrity(now)
    yield from _altered(found)
    yield from _unsigned(found, now)
    for delivery in found.refusing:
        yield from _refusing(delivery, now)


def _altered(found: Integrity) -> Iterator[Finding]:
    verified = found.verified
    if verified and not verified.whole:
        yield Finding(
            key="change-log:altered",
            severity=Severity.CRITICAL,
            sentence=f"The change log is not what was written. {verified.sentence}",
            subject=SUBJECT,
            since=None,
            page=PAGE,
            next_step="Keep the control database and the copies outside as they are: docs/change-log.md.",
        )


def _unsigned(found: Integrity, now: datetime) -> Iterator[Finding]:
    state = found.signing
    if state and state.problem:
        yield Finding(
            key="change-log:unsigned",
            severity=Severity.CRITICAL if state.altered else Severity.WARNING,
            sentence=f"No checkpoint of the change log is made: {state.problem}",
            subject=SUBJECT,
            since=state.since,
            page=PAGE,
        )
    elif found.uncovered_since and found.nobody_signs(now):
        waited = duration((now - found.uncovered_since).total_seconds())
        yield Finding(
            key="change-log:uncovered",
            severity=Severity.WARNING,
            sentence=f"Records of the change log have waited for a checkpoint for {waited}: nobody makes one.",
            subject=SUBJECT,
            since=found.uncovered_since,
            page=PAGE,
            next_step="See whether a worker and beat run.",
        )


def _refusing(delivery: Delivery, now: datetime) -> Iterator[Finding]:
    if delivery.since and now - delivery.since >= timedelta(minutes=OUTSIDE_SILENT_MINUTES):
        yield Finding(
            key=f"change-log:outside:{delivery.sink}",
            severity=Severity.WARNING,
            sentence=f"Checkpoints of the change log do not leave the database: {delivery.problem}",
            subject=delivery.sink,
            since=delivery.since,
            page=PAGE,
        )
