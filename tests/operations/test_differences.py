"""Two plans of the same request, some time apart: what differs, in words."""

from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.operations.differences import SHOWN, differences


def plan(outcome: str = "passed", count: int = 2, **facts: object) -> Plan:
    return Plan(
        summary="Make partitions.",
        checks=(Check(name="Leader", outcome=CheckOutcome(outcome), reason=f"It {outcome}."),),
        blast=BlastRadius(summary="One table."),
        steps=tuple(PlannedStep(key=f"make-{number}", title="Make it") for number in range(count)),
        facts={"members": ["a", "b"], "leader": {"name": "a"}, **facts},
    )


def said(before: Plan, now: Plan) -> list[str]:
    return [difference.sentence for difference in differences(before, now)]


def test_nothing_differs() -> None:
    assert differences(plan(), plan()) == []
    assert differences(plan("warned"), plan("passed")) == [], "a check that is well now stops nothing"


def test_facts_by_their_path() -> None:
    now = plan(leader={"name": "b", "timeline": 3})
    assert said(plan(), now) == [
        "leader.name: a when it was planned, b now",
        "leader.timeline: nothing when it was planned, 3 now",
    ]
    assert said(plan(), plan(members=["a", "c"])) == ["members[1]: b when it was planned, c now"]


def test_a_check_that_fails_now_comes_first() -> None:
    found = differences(plan(), plan("failed", leader={"name": "b"}))
    assert found[0].sentence == "Check “Leader” fails now: It failed."
    assert found[0].before == "passed: It passed." and found[1].what == "leader.name"


def test_long_ones_are_cut_short() -> None:
    many = [dict.fromkeys(map(str, range(50)), number) for number in (1, 2)]
    assert len(differences(plan(many=many[0]), plan(many=many[1]))) == SHOWN
    assert len(differences(plan(text="y"), plan(text="x" * 500))[0].now) == 201
    assert [one.what for one in differences(plan(), plan(count=3))] == ["steps"]
