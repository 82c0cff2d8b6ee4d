"""The access review: rights with their origin and last use, the marks, the CSV that a spreadsheet cannot carry out."""

import csv
import io
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.access import registry
from novaops.audit.access.registry import Credential
from novaops.audit.access.review import Reviewed, review
from novaops.audit.csv_lines import csv_lines
from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.people import Grant, grant
from novaops.fleets.rights import Right, Role
from tests.conftest import MakePerson

ClientAs = Callable[..., Client]
LATER = timezone.now() + timedelta(days=91)


def reviewed(fleet: Fleet, name: str, now: datetime | None = None) -> Reviewed:
    with tenant_context(fleet):
        return next(one for one in review(fleet, now or timezone.now()) if one.person.username == name)


def used(one: Reviewed) -> dict[str, str | None]:
    return {held.right.value: held.use.verb if held.use else None for held in one.rights}


def test_each_right_says_who_gave_it_and_what_used_it_last(done: int, in_fleet: Fleet, person: MakePerson) -> None:
    """`done` is an operation that the operator requested and confirmed."""
    one = reviewed(in_fleet, "operator-alpha")
    found = used(one)
    assert found["change-caches"] == "operation confirmed" and found["switch-over"] is None
    assert one.last is not None and one.last.verb == "operation confirmed", "steps are what a worker did"
    assert found["view"] == "operation confirmed" and not one.unused and not one.marked


def test_an_approval_uses_the_right_to_approve(done: int, in_fleet: Fleet, person: MakePerson) -> None:
    bea = person("approver", "operator", username="bea")
    with tenant_context(in_fleet):
        record("operation approved", f"operation:{done}", actor=Actor.person(bea), data={"kind": "writing"})
    found = used(reviewed(in_fleet, "bea"))
    assert (found["approve"], found["change-caches"]) == ("operation approved", None)


def test_an_emergency_uses_the_right_to_break_the_glass(done: int, in_fleet: Fleet, person: MakePerson) -> None:
    bea = person("on-call", username="bea")
    with tenant_context(in_fleet):
        for emergency in ({}, {"break_glass": True}, {"reason": "no break_glass"}):
            data = {"kind": "writing", **emergency}
            record("operation confirmed", f"operation:{done}", actor=Actor.person(bea), data=data)
        wanted = Record.objects.get(data__break_glass=True).sequence
    one = reviewed(in_fleet, "bea", LATER)
    glass = next(held for held in one.rights if held.right is Right.BREAK_GLASS)
    assert glass.use is not None and glass.use.sequence == wanted and not glass.unused


def test_rights_are_held_since_the_first_role_that_gives_them(in_fleet: Fleet, person: MakePerson) -> None:
    admin, bea = person("admin"), person("viewer", username="bea")
    early = datetime(2026, 1, 1, tzinfo=UTC)
    Membership.objects.filter(person=bea).update(since=early)
    grant(bea, Grant(in_fleet, Role.AUDITOR), by=admin)
    one = reviewed(in_fleet, "bea")
    since = {held.right: held.since for held in one.rights}
    assert since[Right.VIEW] == early < since[Right.READ_CHANGE_LOG]
    assert [held.granted_by for held in one.memberships] == ["", "admin-alpha"]
    assert used(reviewed(in_fleet, "admin-alpha"))["manage-fleet"] == "role granted"


def test_a_try_in_somebodys_name_is_no_sign_of_life(in_fleet: Fleet, person: MakePerson, client: Client) -> None:
    person("viewer", username="bea")
    client.post("/login", {"username": "bea", "password": "wrong"})
    one = reviewed(in_fleet, "bea")
    assert one.last is None and one.signed_in_at is None


def test_after_ninety_days_it_is_marked(done: int, in_fleet: Fleet) -> None:
    assert not reviewed(in_fleet, "operator-alpha").marked
    one = reviewed(in_fleet, "operator-alpha", LATER)
    assert one.unused and one.marked
    unused = {held.right for held in one.rights if held.unused}
    assert Right.SWITCH_OVER in unused and Right.READ_CHANGE_LOG not in unused, "reading is not recorded"


def test_who_was_locked_out_is_to_be_looked_at(in_fleet: Fleet, person: MakePerson, client_as: ClientAs) -> None:
    bea, auditor = person("viewer", username="bea"), client_as("auditor")
    Person.objects.filter(pk=bea.pk).update(is_active=False)
    address = f"/fleets/{in_fleet.slug}/changes/access/"
    marked = auditor.get(f"{address}?show=marked").text
    assert "bea" in marked and "Locked out" in marked and "person/auditor-alpha" not in marked
    assert "person/auditor-alpha" in auditor.get(address).text


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    asked: list[int] = []

    def source(people: Collection[int]) -> dict[int, list[Credential]]:
        asked.extend(people)
        return {asked[0]: [Credential("token “nightly”", "view", used_at=timezone.now())]}

    monkeypatch.setattr(registry, "_credentials", [])
    registry.register_credentials(source)
    registry.register_credentials(source)
    yield asked


def test_other_rooms_add_the_credentials_that_they_know(
    in_fleet: Fleet, client_as: ClientAs, tokens: list[int]
) -> None:
    auditor = client_as("auditor")
    assert "token “nightly”" in auditor.get(f"/fleets/{in_fleet.slug}/changes/access/").text
    assert len(tokens) == 1


def test_whose_token_is_used_is_not_inactive(
    in_fleet: Fleet, person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a machine's, that only reads: there is no record of it."""
    bea = person("operator", username="bea")
    used = {bea.pk: [Credential("token nightly", used_at=LATER - timedelta(days=1))]}
    monkeypatch.setattr(registry, "_credentials", [lambda people: used])
    one = reviewed(in_fleet, "bea", LATER)
    marked = {held.right for held in one.rights if held.unused}
    assert not one.unused and Right.VIEW not in marked and Right.SWITCH_OVER in marked


def test_the_csv_has_a_row_for_each_right_and_is_recorded(done: int, in_fleet: Fleet, client_as: ClientAs) -> None:
    answer = client_as("auditor").get(f"/fleets/{in_fleet.slug}/changes/access/export.csv")
    assert answer.streaming and answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    own = [row for row in rows if row["person"] == "operator-alpha"]
    assert {row["role"] for row in own} == {"operator"} and len({row["right"] for row in own}) == len(own) >= 6
    caches = next(row for row in own if row["right"] == "change-caches")
    assert caches["right_last_used_at"].endswith("Z") and caches["right_unused_90_days"] == "no"
    with tenant_context(in_fleet):
        last = Record.objects.latest("sequence")
    assert (last.verb, last.actor) == ("access review exported", "auditor-alpha")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    [line] = csv_lines([[text, 1, None, True]])
    assert next(csv.reader(io.StringIO(line))) == [f"'{text}", "1", "", "yes"]


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("admin", 200), ("approver", 200), ("viewer", 403)])
def test_who_may_review(in_fleet: Fleet, client_as: ClientAs, role: str, status: int) -> None:
    for page in ("access/", "access/export.csv"):
        assert client_as(role).get(f"/fleets/{in_fleet.slug}/changes/{page}").status_code == status


def test_more_people_do_not_mean_more_queries(in_fleet: Fleet, person: MakePerson, client_as: ClientAs) -> None:
    client, address = client_as("auditor"), f"/fleets/{in_fleet.slug}/changes/access/"
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    for number in range(8):
        somebody = person("operator", "approver", username=f"somebody-{number}")
        with tenant_context(in_fleet):
            record("operation requested", f"operation:{number}", actor=Actor.person(somebody), data={"kind": "writing"})
    with CaptureQueriesContext(connection) as after:
        assert client.get(address).text.count("somebody-7") >= 1
    assert len(after) == len(before) <= 13
