"""Freezes: what they refuse and when, by the clock on the wall, across the changes of summer time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from novaops.audit.models import Record
from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.contract import Risk
from novaops.operations.freeze_times import Span, next_span, span_at
from novaops.operations.freezes import frozen_at
from novaops.operations.models import Freeze
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


FRIDAY = Span(berlin(2026, 3, 20, 16), berlin(2026, 3, 21, 6))


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        (berlin(2026, 3, 20, 15, 59), False),
        (berlin(2026, 3, 20, 16), True),
        (berlin(2026, 3, 21, 5, 59), True),
        (berlin(2026, 3, 21, 6), False),
        # Summer time began on 29 March: by the clock of UTC all of it is an hour earlier.
        (berlin(2026, 4, 3, 15, 59), False),
        (berlin(2026, 4, 3, 16), True),
        (berlin(2026, 4, 4, 5, 59), True),
        (berlin(2026, 4, 4, 6), False),
        # And ended on 25 October.
        (berlin(2026, 10, 30, 15, 59), False),
        (berlin(2026, 10, 30, 16), True),
        (berlin(2027, 3, 26, 16, 30), True),
        (berlin(2026, 3, 13, 17), False),
    ],
)
def test_a_weekly_freeze_follows_the_clock_on_the_wall(moment: datetime, on: bool) -> None:
    assert (span_at(FRIDAY, True, BERLIN, moment) is not None) is on
    assert (span_at(FRIDAY, False, BERLIN, moment) is not None) is (on and moment < FRIDAY.ends)


def test_over_the_night_of_the_change_the_longer_span_counts() -> None:
    night = Span(berlin(2026, 3, 22, 1, 30), berlin(2026, 3, 22, 2, 30))
    spring = span_at(night, True, BERLIN, berlin(2026, 3, 29, 1, 45))
    assert spring and spring.ends == berlin(2026, 3, 29, 3, 30), "half past two was left out"
    autumn = span_at(night, True, BERLIN, berlin(2026, 10, 25, 1, 45))
    assert autumn and autumn.ends - autumn.starts == 2 * HOUR, "half past two came twice"


def test_the_next_span_is_the_one_that_is_on_or_the_next_to_come() -> None:
    assert next_span(FRIDAY, False, BERLIN, FRIDAY.starts - HOUR) == FRIDAY
    assert next_span(FRIDAY, False, BERLIN, FRIDAY.ends) is None
    assert next_span(FRIDAY, True, BERLIN, FRIDAY.ends) == Span(berlin(2026, 3, 27, 16), berlin(2026, 3, 28, 6))
    assert next_span(FRIDAY, True, BERLIN, berlin(2026, 4, 3, 17)) == Span(
        berlin(2026, 4, 3, 16), berlin(2026, 4, 4, 6)
    )


def frozen(admin: Person, name: str = "Sale", *risks: Risk, hours: int = 2) -> Freeze:
    now = timezone.now()
    starts, ends = now - HOUR, now + hours * HOUR
    return services.make_freeze(admin, name, "Peak week.", starts, ends, risks=risks or list(Risk))


def test_it_warns_at_planning_and_refuses_at_the_confirmation(
    planned: Planned, operator: Person, person: MakePerson
) -> None:
    made = frozen(person("admin"))
    operation = planned()
    warned = next(check for check in operation.plan.checks if check.name == "No freeze")
    assert warned.outcome == "warned" and warned.evidence["freeze"] == made.pk
    with pytest.raises(Refused, match=r"The freeze “Sale” is on until \d{4}-\d\d-\d\d \d\d:\d\d UTC: Peak week"):
        services.confirm(operation, operator, operation.plan.confirm)
    with pytest.raises(Refused, match="Sale"):
        services.confirm(operation, operator, operation.plan.confirm, due_at=timezone.now() + HOUR)
    later = services.confirm(operation, operator, operation.plan.confirm, due_at=timezone.now() + 3 * HOUR)
    assert later.status == "scheduled"


def test_one_that_came_after_the_confirmation_refuses_the_start(
    queued: Planned, person: MakePerson, folder: Path
) -> None:
    operation = queued()
    frozen(person("admin"))
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and "Sale" in operation.outcome and kinds.effects(folder) == []


def test_the_approval_that_would_start_it_is_refused_and_it_goes_on_waiting(
    confirmed: Planned, approver: Person, person: MakePerson
) -> None:
    operation, admin = confirmed(), person("admin")
    made = frozen(admin)
    with pytest.raises(Refused, match="Sale"):
        services.approve(operation, approver)
    assert not operation.approvals.exists()
    services.lift_freeze(made, admin)
    assert services.approve(operation, approver).status == "queued"


def test_it_refuses_the_risks_that_it_names_and_the_longest_one_is_named(
    planned: Planned, operator: Person, person: MakePerson
) -> None:
    admin = person("admin")
    frozen(admin, "Long", Risk.HIGH, hours=9)
    frozen(admin, "Short", Risk.HIGH)
    low, high = planned(), planned("guarded")
    assert services.confirm(low, operator, low.plan.confirm).status == "queued"
    with pytest.raises(Refused, match="Long"):
        services.confirm(high, operator, high.plan.confirm)


@pytest.mark.usefixtures("in_fleet")
def test_making_and_lifting_are_recorded_with_before_and_after(person: MakePerson) -> None:
    admin = person("admin")
    made = frozen(admin)
    assert services.lift_freeze(made, admin).lifted_by_name == admin.username
    assert frozen_at(Risk.HIGH, timezone.now()) is None
    with pytest.raises(Refused, match="lifted it already"):
        services.lift_freeze(made, admin)
    first, second = Record.objects.filter(verb="setting changed").order_by("sequence")
    assert first.data["before"] == {} and first.data["after"]["reason"] == "Peak week."
    assert second.data["before"]["lifted_at"] is None and second.data["after"]["lifted_by_name"] == admin.username
    assert first.subject == second.subject == f"setting:freeze-{made.pk}"


@pytest.mark.usefixtures("in_fleet")
def test_only_who_manages_the_fleet_makes_and_lifts(person: MakePerson) -> None:
    made = frozen(person("admin"))
    for role in ("operator", "approver", "on-call", "auditor"):
        with pytest.raises(NotAllowed):
            frozen(person(role))
        with pytest.raises(NotAllowed):
            services.lift_freeze(made, person(role))


@pytest.mark.usefixtures("in_fleet")
def test_one_without_sense_is_refused_field_by_field(person: MakePerson) -> None:
    admin, now = person("admin"), timezone.now()
    with pytest.raises(Invalid) as wrong:
        services.make_freeze(admin, "", "", now, now, risks=[])
    assert set(wrong.value.fields) == {"name", "reason", "risks", "ends_at"}
    with pytest.raises(Invalid, match="shorter than a week"):
        services.make_freeze(admin, "a", "b", now, now + timedelta(days=8), risks=["low"], weekly=True)
    with pytest.raises(Invalid, match="no time zone"):
        services.make_freeze(admin, "a", "b", now, now + HOUR, risks=["low"], time_zone="Europe/Atlantis")
