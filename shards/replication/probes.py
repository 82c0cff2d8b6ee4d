"""What is asked of every member, every PostgreSQL and every etcd."""

import time

from metrics.contract import Answer, Probe, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.etcd import Etcd
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Member
from shards.replication.disk_space import PROBE as SPACE
from shards.replication.facts import (
    EtcdFacts,
    PatroniFacts,
    PatroniSettingsFacts,
    PostgresFacts,
    PostgresSettingsFacts,
    Slot,
)
from shards.replication.own_word import PROBE as ITSELF
from shards.replication.server_report import server_report, settings_report

SETTINGS_EVERY = 30.0


@asking
def ask_patroni(target: Target) -> Answer:
    patroni = Patroni(target)
    facts = PatroniFacts(status=patroni.status(), cluster=patroni.cluster())
    cause = _patroni_cause(facts)
    values = _lags(facts.cluster.member(target.name))
    return Answer(facts, values, State.DEGRADED if cause else State.OK, cause)


def _patroni_cause(facts: PatroniFacts) -> str:
    if not facts.status.healthy:
        return f"Patroni answers, but its PostgreSQL is in state “{facts.status.state}”."
    return "It sees no leader of the cluster." if facts.cluster.leader is None else ""


def _lags(member: Member | None) -> dict[str, float]:
    if member is None:
        return {}
    named = {
        "lag_bytes": member.lag_bytes,
        "lag_receive_bytes": member.receive_lag_bytes,
        "lag_replay_bytes": member.replay_lag_bytes,
        "timeline": member.timeline,
    }
    return {name: value for name, value in named.items() if value is not None}


@asking
def ask_patroni_settings(target: Target) -> Answer:
    patroni = Patroni(target)
    return Answer(PatroniSettingsFacts(config=patroni.config(), history=patroni.history()[-50:]))


@asking
def ask_postgres(target: Target) -> Answer:
    facts = server_report(target, timeout=3.0)
    return Answer(facts, _postgres_values(facts))


def _postgres_values(facts: PostgresFacts) -> dict[str, float]:
    standbys = [one.replay_lag_bytes for one in facts.standbys if one.replay_lag_bytes is not None]
    named: dict[str, float | None] = {
        "wal_bytes_total": facts.written if facts.written is not None else facts.received,
        "replayed_bytes_total": facts.replayed,
        "replay_lag_seconds": facts.replay_lag_seconds,
        "worst_standby_lag_bytes": max(standbys, default=None),
        "slots_held_bytes": sum(_held(slot) for slot in facts.slots),
        "connections": facts.connections,
        "connections_active": facts.connections_by_state.get("active", 0),
        "lock_waits": facts.lock_waits,
        "transaction_seconds": facts.longest_transaction.seconds if facts.longest_transaction else 0.0,
        "database_bytes": facts.database_bytes,
    }
    counters = {name: getattr(facts, name) for name in PostgresFacts.model_fields if name.endswith("_total")}
    return {name: value for name, value in (named | counters).items() if value is not None}


def _held(slot: Slot) -> int:
    return slot.held_bytes or 0


@asking
def ask_postgres_settings(target: Target) -> Answer:
    return Answer(settings_report(target, timeout=3.0))


@asking
def ask_etcd(target: Target) -> Answer:
    started = time.monotonic()
    status = Etcd(target).status()
    facts = EtcdFacts(status=status, took_ms=(time.monotonic() - started) * 1000)
    values = {"db_bytes": float(status.db_size_bytes), "raft_term": float(status.raft_term), "took_ms": facts.took_ms}
    causes = [
        "" if status.leader else "It has no leader: nothing can be written.",
        "" if status.healthy else f"It says that it is not healthy. {status.reason}".strip(),
        f"It raised an alarm: {', '.join(status.alarms)}." if status.alarms else "",
    ]
    cause = next((cause for cause in causes if cause), "")
    return Answer(facts, values, State.DEGRADED if cause else State.OK, cause)


PROBES = (
    Probe("patroni", ServerKind.PATRONI, PatroniFacts, ask_patroni),
    Probe("patroni-settings", ServerKind.PATRONI, PatroniSettingsFacts, ask_patroni_settings, every=SETTINGS_EVERY),
    ITSELF,
    SPACE,
    Probe("postgres", ServerKind.POSTGRES, PostgresFacts, ask_postgres),
    Probe("postgres-settings", ServerKind.POSTGRES, PostgresSettingsFacts, ask_postgres_settings, every=SETTINGS_EVERY),
    Probe("etcd", ServerKind.ETCD, EtcdFacts, ask_etcd),
)
