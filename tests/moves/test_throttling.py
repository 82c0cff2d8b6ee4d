"""What holds a copy back: a rate, the hours of the day, replicas that lag."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import StepContext, TransientProblem
from shards.moves.models import Move
from shards.moves.throttling import Brake
from shards.moves.throttling_bucket import Bucket, Ended
from shards.moves.throttling_hours import waits_until
from shards.moves.throttling_pressure import Gauge, Pressure
from tests import on_shard
from tests.moves import operations, two_shards

NIGHT = (time(22), time(6))


@pytest.mark.parametrize(
    ("hour", "hours", "zone", "waits"),
    [
        (23, NIGHT, "UTC", ""),
        (5, NIGHT, "UTC", ""),
        (6, NIGHT, "UTC", "It waits for 22:00 in UTC: it may work until 06:00."),
        (21, NIGHT, "Europe/Berlin", ""),
        (5, NIGHT, "Europe/Berlin", "It waits for 22:00 in Europe/Berlin: it may work until 06:00."),
        (12, (time(8), time(18)), "UTC", ""),
        (18, (time(8), time(18)), "UTC", "It waits for 08:00 in UTC: it may work until 18:00."),
        (12, (None, None), "UTC", ""),
        (12, (time(3), time(3)), "UTC", ""),
    ],
)
def test_hours_of_the_day_may_go_over_midnight(
    hour: int, hours: tuple[time | None, time | None], zone: str, waits: str
) -> None:
    assert waits_until(datetime(2026, 1, 15, hour, tzinfo=UTC), *hours, zone) == waits


def test_a_rate_is_kept_and_can_be_changed() -> None:
    now = [100.0]
    bucket = Bucket(lambda: now[0])
    bucket.turn(1e6, is_open=True)
    # A quarter of a second's bytes at once, and the one that goes beyond it.
    assert [bucket.try_to_take(100_000) for _ in range(4)] == [0, 0, 0, pytest.approx(0.05)]
    now[0] += 0.05
    assert bucket.try_to_take(500_000) == 0
    assert bucket.try_to_take(1) == pytest.approx(0.5)
    bucket.turn(1e6, is_open=True)
    assert bucket.try_to_take(1) == pytest.approx(0.5)
    bucket.turn(2e6, is_open=True)
    assert bucket.try_to_take(1) == 0
    bucket.turn(1.0, is_open=True)
    bucket.take(1000)
    waiting = threading.Thread(target=bucket.take, args=(1,))
    waiting.start()
    bucket.turn(None, is_open=True)
    waiting.join(60)
    assert not waiting.is_alive()


def test_who_waits_is_told_of_the_end() -> None:
    bucket = Bucket()
    bucket.turn(None, is_open=False)
    bucket.take(10)
    said: list[str] = []

    def wait() -> None:
        try:
            bucket.take(0)
        except Ended:
            said.append("ended")

    waiting = threading.Thread(target=wait)
    waiting.start()
    bucket.end()
    waiting.join(60)
    assert said == ["ended"]


@pytest.fixture
def move(live_fleet: Fleet) -> Iterator[Move]:
    with tenant_context(live_fleet):
        yield Move.objects.get(operation=operations.done_move("acme", two_shards.SENDER, two_shards.RECEIVER))


@pytest.fixture
def brake(move: Move, monkeypatch: pytest.MonkeyPatch) -> Brake:
    """It looks whenever it is asked to."""
    monkeypatch.setattr("shards.moves.throttling.LOOK_SECONDS", 0.0)
    return Brake(move, context(move))


def context(move: Move) -> StepContext:
    return on_shard.context(two_shards.RECEIVER, 1, move.operation_id)


def told(move: Move) -> str:
    return Move.objects.get(pk=move.pk).waits_for


def others_wait(brake: Brake) -> threading.Thread:
    thread = threading.Thread(target=brake.pass_on, args=(0,))
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_a_replica_that_lags_is_waited_for_and_named(move: Move, brake: Brake, monkeypatch: pytest.MonkeyPatch) -> None:
    lag = [12.0]
    monkeypatch.setattr(Gauge, "read", lambda gauge: {"shard-1": Pressure(0.1, 5), "shard-2": Pressure(lag[0])})
    brake.look()
    assert told(move) == "A replica of shard-2 is 12 s behind: at most 10 are let pass."
    waiting = others_wait(brake)
    brake.look()
    assert waiting.is_alive()
    # A part that was begun goes on.
    brake.pass_on(1000)
    lag[0] = 9.0
    brake.look()
    waiting.join(60)
    assert not waiting.is_alive()
    assert told(move) == ""
    assert Move.objects.get(pk=move.pk).held_bytes == 5


@pytest.mark.django_db(transaction=True)
def test_what_people_turn_is_followed_while_it_runs(move: Move, brake: Brake) -> None:
    """Real leaders say how much WAL they keep, and that no replica lags."""
    brake.pass_on(0)
    now = timezone.now().astimezone(UTC)
    hours = ((now + timedelta(hours=hour)).time() for hour in (2, 4))
    Move.objects.update(**dict(zip(("hours_from", "hours_until"), hours, strict=True)))
    brake.look()
    assert told(move).startswith("It waits for ")
    waiting = others_wait(brake)
    Move.objects.update(hours_from=None, limit_mb=0.5)
    brake.look()
    waiting.join(60)
    assert told(move) == ""
    brake.pass_on(250_000)
    brake.note(10, 1000)
    brake.note(20, 3000)
    kept = Move.objects.get(pk=move.pk)
    assert (kept.rows_copied, kept.bytes_copied) == (20, 3000)
    assert kept.bytes_per_second is not None and kept.bytes_per_second > 0


@pytest.mark.django_db(transaction=True)
def test_who_waits_beside_a_step_that_ends_ends_too(move: Move, brake: Brake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gauge, "read", lambda gauge: {"shard-1": Pressure(99.0), "shard-2": Pressure()})
    brake.look()
    said: list[str] = []

    def wait() -> None:
        try:
            brake.pass_on(0)
        except TransientProblem as problem:
            said.append(str(problem))

    thread = threading.Thread(target=wait)
    thread.start()
    brake.end()
    thread.join(60)
    assert said == ["What it was part of has ended."]


@pytest.mark.django_db(transaction=True)
def test_changes_are_due_before_the_sender_keeps_too_much(
    move: Move, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Pressure(0.0, 600, most=1000)
    monkeypatch.setattr(Gauge, "read", lambda gauge: {"shard-1": held, "shard-2": Pressure()})
    brake.look()
    assert brake.drain_due
