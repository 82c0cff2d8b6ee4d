"""Findings about hooks: receivers that fail, and deliverers that are missing. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from metrics.contract import Finding, Severity, Snapshot
from metrics.thresholds import DELIVERER_SILENT_SECONDS, HOOK_FAILING_SECONDS
from novaops.ui.formats import duration, human_number


def failing(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """One for each hook that reached nobody for a while."""
    for hook in snapshot.hooks:
        seconds = (now - hook.failing_since).total_seconds() if hook.failing_since else 0.0
        if seconds > HOOK_FAILING_SECONDS:
            yield Finding(
                key=f"hook-failing:{hook.id}",
                severity=Severity.WARNING,
                sentence=(
                    f"Hook “{hook.name}” reaches nobody for {duration(seconds)}, "
                    f"and {human_number(hook.waiting)} of its events wait: {hook.last_error}"
                ),
                subject=hook.name,
                since=hook.failing_since,
                page="hooks",
                next_step=f"See whether {hook.receiver} runs; what waits is sent when it is back.",
            )


def nobody_delivers(snapshot: Snapshot, now: datetime) -> Iterable[Finding]:
    """Something could be sent, and nobody does."""
    since = min((hook.overdue_since for hook in snapshot.hooks if hook.overdue_since), default=None)
    seconds = (now - since).total_seconds() if since else 0.0
    if seconds <= DELIVERER_SILENT_SECONDS:
        return
    waiting = sum(hook.waiting for hook in snapshot.hooks)
    yield Finding(
        key="hooks:nobody-delivers",
        severity=Severity.WARNING,
        sentence=f"Nobody delivers: {human_number(waiting)} events wait for hooks, {duration(seconds)} overdue.",
        subject="hooks",
        since=since,
        page="hooks",
        next_step="Start a deliverer, `celery -A novaops worker --queues hooks`, or read the log of the one that runs.",
    )
