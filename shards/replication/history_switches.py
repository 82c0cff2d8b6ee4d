"""Changes of leader as rows, each measured once: soon after it, while samples are there. Inside a fleet's schema."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from metrics.models import Reading, Sample
from metrics.series import Point
from shards.replication.facts import PostgresFacts
from shards.replication.history import LeaderChange, lsn_number
from shards.replication.history_causes import Cause, chosen, in_order
from shards.replication.history_measuring import Around, Measured, measured
from shards.replication.history_models import LeaderSwitch

AROUND_BEFORE, AROUND_AFTER = timedelta(minutes=10), timedelta(minutes=10)
# Samples of the new leader come with the fleet's cycle, Patroni's word of it may be quicker.
SETTLED = timedelta(seconds=20)
# Longer ago, the samples are gone.
MEASURABLE = timedelta(hours=5)


def keep_switch(shard: str, change: LeaderChange, at: datetime, cause: Cause, mode: str) -> None:
    operation = cause.operation
    _keep(
        shard,
        change,
        at,
        operation=operation.pk if operation else None,
        asked_by=operation.requested_by_name if operation else "",
        cause=cause.sentence,
        synchronous=mode,
    )


def keep_before(shard: str, before: Sequence[LeaderChange], mode: str) -> None:
    """What Patroni told of at the first look. Of changes without a time nothing can be placed."""
    told = "It lay before the console watched: who asked for it is not known."
    for change in before:
        if change.at:
            _keep(shard, change, change.at, before_watch=True, cause=told, measured_at=timezone.now())


def _keep(shard: str, change: LeaderChange, at: datetime, **more: object) -> None:
    LeaderSwitch.objects.get_or_create(
        shard=shard,
        timeline=change.timeline,
        lsn=change.lsn,
        defaults={
            "old_leader": change.old_leader,
            "new_leader": change.new_leader,
            "reason": change.reason,
            "at": at,
            **more,
        },
    )


def measure(shard: str, now: datetime) -> None:
    """Those that are not measured yet, and old enough. Who measures first, stores."""
    for switch in LeaderSwitch.objects.filter(shard=shard, measured_at=None, at__lte=now - SETTLED):
        found = _measured(switch, now)
        if found is None:
            continue
        LeaderSwitch.objects.filter(pk=switch.pk, measured_at=None).update(
            measured_at=now,
            gap_least=found.least,
            gap_most=found.most,
            gap_how=found.how,
            lost_bytes=found.lost_bytes,
            lost_how=found.lost,
        )


def _measured(switch: LeaderSwitch, now: datetime) -> Measured | None:
    if now - switch.at > MEASURABLE:
        return Measured(None, None, "It was seen too late: no samples of that time are left.", None, "")
    around = Around(
        at=switch.at,
        lsn=lsn_number(switch.lsn),
        old=_samples(switch.old_leader, switch.at, now),
        new=_samples(switch.new_leader, switch.at, now),
        replayed_at=_replayed(switch.new_leader, switch.at),
        synchronous=switch.synchronous != "off",
        planned=in_order(switch.operation),
        named=chosen(switch.operation),
    )
    return measured(around, final=now - switch.at > AROUND_AFTER)


def _samples(member: str, at: datetime, now: datetime) -> list[Point]:
    rows = Sample.objects.filter(
        server__name=member,
        server__kind="postgres",
        probe="postgres",
        width_seconds=0,
        at__gte=at - AROUND_BEFORE,
        at__lte=min(now, at + AROUND_AFTER),
    )
    return [Point(when, values) for when, values in rows.order_by("at").values_list("at", "values")]


def _replayed(member: str, at: datetime) -> datetime | None:
    """The commit that the new leader replayed last, unless it was restarted since, or follows again."""
    reading = Reading.objects.filter(server__name=member, server__kind="postgres", probe="postgres").first()
    if reading is None or reading.good_at is None:
        return None
    facts = PostgresFacts.model_validate(reading.facts)
    if facts.in_recovery or facts.started_at > at or reading.good_at < at:
        return None
    return facts.replayed_commit_at


def switches(shard: str = "", since: str = "", until: str = "", who: str = "") -> QuerySet[LeaderSwitch]:
    """The newest first; days are whole ones in UTC, and what is no day is left out of account."""
    found = LeaderSwitch.objects.order_by("-at", "-timeline", "shard")
    if shard:
        found = found.filter(shard=shard)
    if day := _day(since):
        found = found.filter(at__date__gte=day)
    if day := _day(until):
        found = found.filter(at__date__lte=day)
    if who == "asked":
        found = found.exclude(operation=None)
    if who == "itself":
        found = found.filter(operation=None, before_watch=False)
    return found


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
