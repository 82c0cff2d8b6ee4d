"""Pauses of failover, written into the change log: that one began or ended, and each hour that one's time is over.

Receives metrics.signals.answered, from whoever leads. Whose conditional UPDATE changes the row writes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from metrics.contract import Facts
from novaops.audit.services import Actor, record
from novaops.inventory.targets import Target
from shards.replication.facts import PatroniFacts
from shards.replication.history_causes import at_work
from shards.replication.history_servers import PAUSED, RUNNING, keep, record_happening
from shards.replication.maintenance.pause_models import FailoverPause

PATRONI = Actor.automatic("patroni")
NAG_EVERY = timedelta(hours=1)
LAPSED = "failover pause lapsed"


def keep_failover_pauses(target: Target, facts: Facts, at: datetime, **_: object) -> None:
    if not isinstance(facts, PatroniFacts) or not target.shard:
        return
    leader = facts.cluster.leader
    if leader is not None and leader.name != target.name:
        return
    paused = facts.cluster.paused
    keep(target.shard, f"failover of {target.shard}", PAUSED if paused else RUNNING, _Pause(target, paused, at))
    if paused:
        _nag(target.shard)


class _Pause:
    def __init__(self, target: Target, paused: bool, at: datetime) -> None:
        self.shard, self.cluster, self.paused, self.at = target.shard, target.cluster, paused, at

    def is_news(self, before: str, now: str) -> bool:
        return before != now

    def tell(self) -> None:
        word = "is paused: a leader that fails is not replaced" if self.paused else "works again"
        verb = "failover paused" if self.paused else "failover resumed"
        outcome = f"Automatic failover of {self.shard} {word}."
        record_happening(verb, PATRONI, self.shard, outcome, {"cluster": self.cluster}, self.at)
        if not self.paused:
            known = FailoverPause.objects.filter(shard=self.shard, ended_at=None, paused_at__lt=self.at)
            operation = at_work(self.shard, self.at)
            by = f"operation {operation.pk}" if operation else "somebody, outside the console"
            known.update(ended_at=timezone.now(), ended_by=by)


def _nag(shard: str) -> None:
    now = timezone.now()
    again = Q(nagged_at=None) | Q(nagged_at__lt=now - NAG_EVERY)
    late = FailoverPause.objects.filter(again, shard=shard, ended_at=None, expires_at__lt=now)
    for kept in late:
        with transaction.atomic():
            if FailoverPause.objects.filter(again, pk=kept.pk, ended_at=None).update(nagged_at=now):
                _tell(kept)


def _tell(kept: FailoverPause) -> None:
    subject = kept.operation.subject
    outcome = (
        f"{kept.owner} paused automatic failover of {kept.shard} until {kept.expires_at:%Y-%m-%d %H:%M} UTC, "
        "and it is still paused."
    )
    data = {
        "targets": [f"shard:{kept.shard}", subject],
        "owner": kept.owner,
        "operation": kept.operation_id,
        "expired_at": kept.expires_at,
    }
    record(LAPSED, f"shard:{kept.shard}", actor=PATRONI, outcome=outcome, data=data)
