"""Findings about hooks: when one fails for long, and when nobody delivers."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from metrics import selectors
from metrics.contract import Severity, Snapshot
from metrics.hook_rules import failing, nobody_delivers
from novaops.fleets.models import Fleet
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.seen import HookSeen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def snapshot(**values: object) -> Snapshot:
    hook = HookSeen(7, "pager", "https://x.example/in", waiting=3, last_error="503.", **values)  # type: ignore[arg-type]
    return Snapshot(NOW, 5.0, hooks=(hook,))


def test_a_hook_that_fails_for_long() -> None:
    assert not list(failing(snapshot(failing_since=NOW - timedelta(minutes=10)), NOW))
    (found,) = failing(snapshot(failing_since=NOW - timedelta(minutes=25)), NOW)
    assert (found.severity, found.key, found.page) == (Severity.WARNING, "hook-failing:7", "hooks")
    assert "Hook “pager” reaches nobody for 25\N{NO-BREAK SPACE}min, and 3 of its events wait: 503." in found.sentence
    assert not list(failing(snapshot(), NOW))


def test_nobody_delivers() -> None:
    assert not list(nobody_delivers(snapshot(overdue_since=NOW - timedelta(seconds=119)), NOW))
    (found,) = nobody_delivers(snapshot(overdue_since=NOW - timedelta(minutes=5)), NOW)
    assert "3 events wait" in found.sentence and "--queues hooks" in found.next_step


def test_the_snapshot_holds_what_is_enabled(in_fleet: Fleet) -> None:
    assert selectors.snapshot().hooks == ()
    now = timezone.now()
    hook = Hook.objects.create(name="pager", sort="webhook", url="https://x.example/in?token=1", events=["x"])
    Hook.objects.create(name="off", sort="webhook", enabled=False)
    waiting = {"hook": hook, "sequence": 1, "event": "x", "subject": "operation:1", "attempts": 1}
    Delivery.objects.create(**waiting, next_at=now - timedelta(minutes=5))
    Delivery.objects.create(**waiting, next_at=now - timedelta(minutes=9))
    (seen,) = selectors.snapshot().hooks
    assert (seen.name, seen.receiver, seen.waiting) == ("pager", "https://x.example/in?…", 2)
    assert seen.overdue_since == now - timedelta(minutes=5), "the second is held back by the first"
    Hook.objects.update(rests_until=now + timedelta(minutes=1))
    (seen,) = selectors.snapshot().hooks
    assert seen.overdue_since is not None and seen.overdue_since > now
