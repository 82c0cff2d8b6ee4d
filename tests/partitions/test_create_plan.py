"""The plan: its checks and their sentences, and what changes its fingerprint."""

from datetime import UTC, date, datetime

import pytest

from shards.partitions.create_facts import CreateFacts, Held, TableFacts
from shards.partitions.create_plan import CREATE, VERIFY, CreateParameters, plan_partitions
from tests.partitions.test_planner import MONTHS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ASKED = CreateParameters(shard="shard-1", table="public.t", count=3)


def facts(held: Held | None = None, **changes: object) -> CreateFacts:
    known = {"kind": "partitioned", "strategy": "range", "key_columns": ("created_at",), **changes}
    table = MONTHS.model_copy(update=known)
    return CreateFacts(shard="shard-1", server="shard-1-a", table=table, held=held or Held(name="t_default"))


def test_one_step_per_partition_and_a_last_one_that_looks() -> None:
    plan = plan_partitions(ASKED, facts(), NOW)
    assert plan.runnable
    assert [step.key for step in plan.steps] == [CREATE, CREATE, CREATE, VERIFY]
    assert plan.summary == "public.t on shard-1 gets 3 partitions of 1 month: vms_202612 to vms_202702."
    assert plan.steps[0].arguments["like"] == "vms_202611"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (facts(Held(name="t_default", inside=1204)), "t_default holds 1,204 rows inside the new range"),
        (facts(Held(name="t_default", inside=None, problem="it took more than 5 s.")), "could not be counted"),
        (facts(relations=frozenset({"vms_202612"})), "vms_202612 exist already"),
        (facts(kind="table"), "is not partitioned"),
        (facts(strategy="list"), "partitioned by list"),
        (facts(kind="missing"), "is not on shard-1"),
        (facts(key_columns=("a", "b")), "more than one plain column"),
        (CreateFacts(shard="s", problem="No leader.", table=TableFacts(schema_name="a", name="b")), "No leader."),
    ],
)
def test_refusals_are_sentences(seen: CreateFacts, reason: str) -> None:
    plan = plan_partitions(ASKED, seen, NOW)
    assert not plan.runnable
    assert any(reason in check.reason for check in plan.refusals)


def test_a_hypertable_needs_nothing() -> None:
    plan = plan_partitions(ASKED, facts(kind="hypertable"), NOW)
    assert plan.summary.startswith("Nothing to do: public.t is a hypertable")
    assert not plan.steps
    assert not plan.refusals


def test_a_covered_day_needs_nothing() -> None:
    asked = CreateParameters(shard="shard-1", table="public.t", until=date(2026, 11, 25))
    assert plan_partitions(asked, facts(), NOW).summary.startswith("Nothing to do")


def test_the_fingerprint_rests_on_where_the_table_ends_not_on_who_leads() -> None:
    plan = plan_partitions(ASKED, facts(), NOW)
    elsewhere = facts().model_copy(update={"server": "shard-1-b"})
    assert plan_partitions(ASKED, elsewhere, NOW).fingerprint == plan.fingerprint
    shorter = facts(children=MONTHS.children[:1])
    assert plan_partitions(ASKED, shorter, NOW).fingerprint != plan.fingerprint
