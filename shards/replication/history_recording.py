"""Changes of a shard's leader, written into the change log, with who asked for them.

Receives metrics.signals.answered. Any number of collectors see the same history; who adds the row writes the record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from metrics.contract import Facts
from metrics.models import Reading
from novaops.audit.services import Actor, record
from novaops.inventory.targets import Target
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts
from shards.replication.history import TIMELINE, LeaderChange, changes
from shards.replication.history_causes import cause_of
from shards.replication.history_models import Happening, LeaderSwitch
from shards.replication.history_switches import keep_before, keep_switch, measure

PATRONI = Actor.automatic("patroni")
WATCHED = "changes of leader"


def keep_history(target: Target, facts: Facts, at: datetime, **_: object) -> None:
    """Each change of leader that Patroni tells of, once; what lay before the first look, in one record."""
    if isinstance(facts, PatroniSettingsFacts) and target.shard:
        _keep(target, facts, at)
        measure(target.shard, at)


def _keep(target: Target, facts: PatroniSettingsFacts, at: datetime) -> None:
    mode = facts.config.synchronous_mode
    watched = Happening.objects.filter(shard=target.shard, key=WATCHED).first()
    if watched is None:
        _begin(target, tuple(changes(facts.history)), mode)
        return
    rows = Happening.objects.filter(shard=target.shard, key__regex=f"^({TIMELINE}|{WATCHED}$)")
    known = set(rows.values_list("key", flat=True))
    first_leader = watched.state if known == {WATCHED} else ""
    for change in changes(facts.history, first_leader):
        if change.key not in known:
            _tell(target, change, at, mode)
    # What an earlier version of the console watched has no rows yet.
    if LeaderSwitch.objects.filter(shard=target.shard).count() < sum(one.at is not None for one in facts.history):
        keep_before(target.shard, tuple(changes(facts.history, first_leader)), mode)


def _begin(target: Target, before: Sequence[LeaderChange], mode: str) -> None:
    with transaction.atomic():
        leader = (before[-1].new_leader if before else "") or _leader(target.shard)
        _, first = Happening.objects.get_or_create(
            shard=target.shard, key=WATCHED, defaults={"state": _first(before, leader)}
        )
        if not first:
            return
        Happening.objects.bulk_create(
            Happening(shard=target.shard, key=one.key, state=one.new_leader) for one in before
        )
        keep_before(target.shard, before, mode)
        data = {
            "targets": [f"shard:{target.shard}"],
            "cluster": target.cluster,
            "leader": leader,
            "changes": [_said(one) for one in before],
        }
        outcome = _summary(target.shard, before, leader)
        record("history seen", f"shard:{target.shard}", actor=PATRONI, outcome=outcome, data=data)


def _tell(target: Target, change: LeaderChange, at: datetime, mode: str) -> None:
    with transaction.atomic():
        row = {"shard": target.shard, "key": change.key}
        if not Happening.objects.get_or_create(**row, defaults={"state": change.new_leader})[1]:
            return
        cause = cause_of(target.shard, change, change.at or at)
        keep_switch(target.shard, change, change.at or at, cause, mode)
        data = {"targets": cause.targets(target.shard), "cluster": target.cluster, **_said(change), **cause.data}
        outcome = f"{change.sentence(target.shard)} {cause.sentence}"
        record(change.verb, f"shard:{target.shard}", actor=PATRONI, outcome=outcome, data=data)


def _said(change: LeaderChange) -> dict[str, Any]:
    """`happened_at` is Patroni's own time; the record's is when a collector saw it."""
    return {
        "timeline": change.timeline,
        "lsn": change.lsn,
        "old_leader": change.old_leader,
        "new_leader": change.new_leader,
        "patroni_says": change.reason,
        "happened_at": change.at,
    }


def _summary(shard: str, before: Sequence[LeaderChange], leader: str) -> str:
    led = f"{leader} leads it." if leader else ""
    if not before:
        return f"{shard} is watched from now on: Patroni remembers no change of its leader. {led}".strip()
    times = "one change" if len(before) == 1 else f"{len(before)} changes"
    last = f", the last one at {before[-1].at:%Y-%m-%d %H:%M:%S} UTC" if before[-1].at else ""
    return f"{shard} is watched from now on: Patroni remembers {times} of its leader{last}. {led}".strip()


def _first(before: Sequence[LeaderChange], leader: str) -> str:
    """Who led before the first change that is told of; unknown when there were some already."""
    return "" if before else leader


def _leader(shard: str) -> str:
    """As a member was last heard to say."""
    told = Reading.objects.filter(server__shard__name=shard, probe="patroni").exclude(good_at=None)
    newest = told.order_by("-good_at").first()
    cluster = PatroniFacts.model_validate(newest.facts).cluster if newest else None
    return cluster.leader.name if cluster and cluster.leader else ""
