"""Who is restarted or handed over when, and who is left out and why."""

from typing import Any

import pytest
from pydantic import ValidationError

from novaops.operations.contract import Plan
from shards.fleetwide.facts import FleetFacts, MemberHealth, ShardHealth, unwell
from shards.fleetwide.parameters import DrainParameters, RestartParameters, version_of, version_word
from shards.fleetwide.plans import plan_drain, plan_restart
from shards.names import names_of

OLD, NEW = 150017, 150018


def member(name: str, **changes: Any) -> MemberHealth:
    return MemberHealth(name=name, **({"timeline": 3, "version": OLD, "lag_bytes": 0} | changes))


def shard(name: str, **changes: Any) -> ShardHealth:
    """Led by a, b in sync, c not."""
    members = (
        member(f"{name}-a", leads=True, lag_bytes=None, pending_restart=True),
        member(f"{name}-b", synchronous=True, version=NEW),
        member(f"{name}-c", version=NEW),
    )
    return ShardHealth(**({"shard": name, "synchronous_mode": True, "members": members} | changes))


def with_member(one: ShardHealth, place: int, **changes: Any) -> ShardHealth:
    members = list(one.members)
    members[place] = members[place].model_copy(update=changes)
    return one.model_copy(update={"members": tuple(members)})


def restart(*shards: ShardHealth, **options: Any) -> Plan:
    return plan_restart(RestartParameters(**options), FleetFacts(shards=shards))


def drain(*shards: ShardHealth, **options: Any) -> Plan:
    return plan_drain(DrainParameters(**options), FleetFacts(shards=shards))


def waves(plan: Plan) -> list[list[str]]:
    return [[child["shard"] for child in step.arguments["children"]] for step in plan.steps[:-1]]


def left_out(plan: Plan) -> dict[str, tuple[str, str]]:
    ending = " is left out"
    found = [check for check in plan.checks if check.name.endswith(ending)]
    return {check.name.removesuffix(ending): (check.outcome.value, check.reason) for check in found}


def test_the_fewest_tenants_first_in_waves_of_a_few() -> None:
    plan = restart(shard("s1", tenants=900), shard("s2", tenants=3), shard("s3", tenants=40), parallel=2)
    assert waves(plan) == [["s2", "s3"], ["s1"]] and plan.runnable
    assert plan.steps[0].arguments["children"][0]["parameters"] == {"shard": "s2", "only_pending": True}
    assert plan.confirm == "shard-restart 3" and plan.expected_seconds == 120
    assert "s1-a waits for a restart." in {check.reason for check in plan.checks}


def test_who_needs_nothing_or_is_unwell_is_left_out_with_the_reason() -> None:
    rested = with_member(shard("s1"), 0, pending_restart=False)
    ill = with_member(shard("s2"), 2, healthy=False, state="starting")
    held = shard("s3", paused=True)
    plan = restart(rested, ill, held, shard("s4"))
    assert waves(plan) == [["s4"]]
    assert left_out(plan) == {
        "s1": ("passed", "No member waits for a restart."),
        "s2": ("warned", "It is not well: s2-c is starting."),
        "s3": ("warned", "Patroni is paused on s3."),
    }


def test_without_only_pending_all_are_restarted() -> None:
    assert waves(restart(with_member(shard("s1"), 0, pending_restart=False), only_pending=False)) == [["s1"]]


def test_a_shard_that_was_named_and_is_unwell_or_unknown_is_a_refusal() -> None:
    plan = restart(shard("s1", paused=True), shard("s2"), shards="s1, s2 s9")
    assert {check.reason for check in plan.refusals} == {
        "Patroni is paused on s1.",
        "There is no shard s9 in this fleet.",
    }


def test_nothing_to_do_is_not_the_same_as_nothing_possible() -> None:
    nothing = restart(with_member(shard("s1"), 0, pending_restart=False))
    assert not nothing.steps and not nothing.refusals and nothing.summary.startswith("Nothing to do")
    impossible = restart(shard("s1", paused=True))
    assert not impossible.steps and impossible.refusals


def test_leaders_of_an_older_version_hand_over_to_the_synchronous_standby() -> None:
    plan = drain(shard("s1"), with_member(shard("s2"), 0, version=NEW), version_below="15.18")
    assert waves(plan) == [["s1"]]
    assert plan.steps[0].arguments["children"][0]["parameters"] == {"shard": "s1", "candidate": "s1-b"}
    assert "s1-a (15.17) hands over to s1-b (15.18)." in {check.reason for check in plan.checks}
    assert left_out(plan)["s2"] == ("passed", "s2-a leads, and stays (15.18).")
    assert plan.steps[-1].arguments == {"shards": ["s1"], "servers": ["s1-a"]}


@pytest.mark.parametrize(
    ("place", "changes", "says"),
    [
        (1, {"version": OLD}, "s1-b is not to lead either"),
        (1, {"must_not_lead": True}, "s1-b is tagged never to lead"),
        (1, {"lag_bytes": 10**9}, "s1-b is too far behind"),
    ],
)
def test_where_nobody_could_take_over_is_said(place: int, changes: dict[str, Any], says: str) -> None:
    plan = drain(with_member(shard("s1"), place, **changes), shard("s2"), version_below="15.18")
    outcome, reason = left_out(plan)["s1"]
    assert outcome == "warned" and says in reason and "s1-c is not in sync" in reason
    assert waves(plan) == [["s2"]]


def test_servers_by_their_names() -> None:
    plan = drain(shard("s1"), shard("s2"), servers="s1-a s1-b")
    assert "s1-b is not to lead either" in left_out(plan)["s1"][1] and plan.refusals
    assert waves(drain(shard("s1"), shard("s2"), servers="s2-a")) == [["s2"]]
    assert "No shard that answers has a member x." in drain(shard("s1"), servers="x").refusals[0].reason


def test_without_synchronous_mode_who_is_the_least_behind_takes_over() -> None:
    loose = with_member(
        with_member(shard("s1", synchronous_mode=False), 1, synchronous=False, lag_bytes=9), 2, lag_bytes=1
    )
    assert drain(loose, servers="s1-a").steps[0].arguments["children"][0]["parameters"]["candidate"] == "s1-c"


def test_what_the_installation_lacks_is_a_refusal() -> None:
    plan = plan_restart(RestartParameters(), FleetFacts(shards=(shard("s1"),), missing="shard-restart"))
    assert "no operation shard-restart" in plan.refusals[0].reason
    unguarded = plan_restart(RestartParameters(), FleetFacts(shards=(shard("s1"),), no_guard="No guard runs."))
    assert [check.reason for check in unguarded.refusals] == ["No guard runs."]


def test_a_few_tenants_more_leave_the_fingerprint_alone_and_another_leader_does_not() -> None:
    plan = restart(shard("s1", tenants=210), shard("s2", tenants=340))
    assert restart(shard("s1", tenants=214), shard("s2", tenants=339)).fingerprint == plan.fingerprint
    before = drain(shard("s1"), servers="s1-a")
    other = with_member(with_member(shard("s1"), 1, synchronous=False), 2, synchronous=True)
    assert drain(other, servers="s1-a").fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"problem": "no member of s1 answered."}, "no member of s1 answered"),
        ({"members": ()}, "it has no leader"),
    ],
)
def test_a_shard_that_is_unwell(changes: dict[str, Any], says: str) -> None:
    assert unwell(shard("s1", **changes)) == (says,)


@pytest.mark.parametrize(
    ("place", "changes", "says"),
    [
        (1, {"synchronous": False}, "there is no synchronous standby"),
        (2, {"timeline": 2}, "s1-c is on timeline 2, the leader on 3"),
        (2, {"lag_bytes": None}, "s1-c does not stream"),
    ],
)
def test_a_member_that_is_out_of_step(place: int, changes: dict[str, Any], says: str) -> None:
    assert not unwell(shard("s1"))
    assert unwell(with_member(shard("s1"), place, **changes)) == (says,)
    assert unwell(shard("s1"), ("s1-a", "s1-z")) == ("s1-z is not in the cluster",)


def test_versions_and_names_as_people_write_them() -> None:
    assert (version_of("15.18"), version_of(" 16 "), version_word(150018)) == (150018, 160000, "15.18")
    assert names_of("b, a;b\nc") == ("b", "a", "c")
    for wrong in ({}, {"version_below": "15", "servers": "a"}, {"version_below": "new"}):
        with pytest.raises(ValidationError):
            DrainParameters(**wrong)


def test_each_shard_is_told_of_its_own_pools_to_leave_out() -> None:
    one, two = shard("s1", roads=("s1-pool", "s1-pool-2")), shard("s2", roads=("s2-pool",))
    plan = restart(one, two, leave_out="s1-pool-2", parallel=2)
    parameters = {child["shard"]: child["parameters"] for child in plan.steps[0].arguments["children"]}
    assert parameters["s1"]["leave_out"] == "s1-pool-2" and "leave_out" not in parameters["s2"]
    drained = drain(one, servers="s1-a", leave_out="s1-pool")
    assert drained.steps[0].arguments["children"][0]["parameters"]["leave_out"] == "s1-pool"
    unknown = restart(one, leave_out="nowhere")
    assert "There is no pool nowhere" in unknown.refusals[0].reason


def test_a_standby_cluster_hands_over_to_nobody() -> None:
    plan = drain(shard("s1", follows="far:5432"), servers="s1-a")
    assert "standby cluster of far:5432" in left_out(plan)["s1"][1]
