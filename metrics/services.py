"""Writes of this room besides the collector's own."""

from metrics import findings, selectors
from metrics.models import StandingFinding


def remember_findings() -> None:
    """Which findings stand, and since when. Several collectors may say so at once: the first one's time stays."""
    snapshot = selectors.snapshot()
    standing = findings.evaluate(snapshot, snapshot.at)
    StandingFinding.objects.bulk_create(
        [
            StandingFinding(
                key=one.key,
                severity=one.severity,
                sentence=one.sentence,
                since=one.since or snapshot.at,
                seen_at=snapshot.at,
            )
            for one in standing
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["severity", "sentence", "seen_at"],
    )
    StandingFinding.objects.exclude(key__in=[one.key for one in standing]).delete()
