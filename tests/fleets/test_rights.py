"""Each role holds its rights, each view asks for one, and who lacks it is refused and not shown the control."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from novaops.fleets.models import Fleet, Membership
from novaops.fleets.people import Grant, grant, revoke
from novaops.fleets.problems import FleetProblem
from novaops.fleets.rights import RIGHTS, Right, Role
from novaops.fleets.selectors import access, fleets_of
from novaops.fleets.signals import role_changed
from tests.conftest import MakePerson

Browser = Callable[..., Client]


def _views(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for one in patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _views(one.url_patterns, path)
        else:
            yield path, one.callback


def test_every_view_of_a_fleet_asks_for_a_right() -> None:
    in_a_fleet = [found for found in _views(get_resolver().url_patterns) if found[0].startswith("fleets/<slug:fleet>/")]
    assert len(in_a_fleet) > 10
    without = [path for path, view in in_a_fleet if "/api/" not in path and not hasattr(view, "required_right")]
    assert not without, "views without @right_required"


def test_only_those_who_see_a_fleet_have_any_right_on_it() -> None:
    for role in Role:
        assert Right.VIEW in RIGHTS[role], role
    assert RIGHTS[Role.ADMIN] == frozenset(Right)
    assert Right.APPROVE not in RIGHTS[Role.OPERATOR]
    assert RIGHTS[Role.AUDITOR] == {Right.VIEW, Right.READ_CHANGE_LOG}


def test_rights_are_of_one_fleet_and_add_up(fleet: Fleet, other_fleet: Fleet, person: MakePerson) -> None:
    ana = person("viewer", "approver", username="ana")
    person("admin", fleet=other_fleet, username="ana")
    here, there = access(ana, "alpha"), access(ana, "beta")
    assert here is not None and there is not None
    assert here.rights == RIGHTS[Role.APPROVER]
    assert there.rights == RIGHTS[Role.ADMIN]
    assert [one.fleet.slug for one in fleets_of(ana)] == ["alpha", "beta"]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_only_an_admin_sees_and_uses_the_control_over_roles(role: str, fleet: Fleet, client_as: Browser) -> None:
    browser = client_as(role)
    page = browser.get("/fleets/alpha/people/")
    assert page.status_code == 200
    assert ("Give the role" in page.content.decode()) == (role == "admin")
    given = browser.post("/fleets/alpha/people/grant", {"username": f"{role}-alpha", "role": "approver"})
    assert given.status_code == (302 if role == "admin" else 403)
    assert Membership.objects.filter(role="approver", granted_by=f"{role}-alpha").exists() == (role == "admin")
    assert browser.get("/fleets/alpha/people/grant").status_code == 405


def test_an_admin_gives_and_takes_and_who_listens_is_told(fleet: Fleet, client_as: Browser, person: MakePerson) -> None:
    told: list[tuple[str, str, bool, str]] = []

    def listen(sender: Any, person: Any, role: Role, granted: bool, by: Any, **rest: Any) -> None:
        told.append((person.username, role.value, granted, by.username))

    role_changed.connect(listen)
    admin, ana = client_as("admin"), person(username="ana")
    admin.post("/fleets/alpha/people/grant", {"username": "ana", "role": "operator"})
    held = Membership.objects.get(person=ana)
    admin.post("/fleets/alpha/people/revoke", {"membership": held.pk})
    role_changed.disconnect(listen)
    assert told == [("ana", "operator", True, "admin-alpha"), ("ana", "operator", False, "admin-alpha")]
    assert not Membership.objects.filter(person=ana).exists()


def test_an_admin_of_one_fleet_takes_no_role_of_another(
    fleet: Fleet, other_fleet: Fleet, client_as: Browser, person: MakePerson
) -> None:
    theirs = Membership.objects.get(person=person("operator", fleet=other_fleet))
    answer = client_as("admin").post("/fleets/alpha/people/revoke", {"membership": theirs.pk})
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()
    assert b"operator-beta" not in client_as("admin").get("/fleets/alpha/people/").content


def test_the_last_admin_stays(fleet: Fleet, person: MakePerson) -> None:
    boss, second = person("admin"), person(username="second")
    with pytest.raises(FleetProblem, match="last admin"):
        revoke(boss, Grant(fleet, Role.ADMIN), by=boss)
    grant(second, Grant(fleet, Role.ADMIN), by=boss)
    assert revoke(boss, Grant(fleet, Role.ADMIN), by=second)


def test_an_unknown_name_is_said_beside_the_field(fleet: Fleet, client_as: Browser) -> None:
    answer = client_as("admin").post("/fleets/alpha/people/grant", {"username": "<b>nobody", "role": "boss"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nobody signs in with that name." in page and "<b>nobody" not in page
