"""Whom a token lets in, and what it lets them do: never more than the person, never longer than it lives."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.api import guessing, tokens
from novaops.api.models import ApiToken
from novaops.api.scopes import FOR_PEOPLE, RIGHTS_OF, Scope, rights_within
from novaops.audit.access.registry import credentials_of
from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.people import create_machine, create_person
from novaops.fleets.problems import FleetProblem
from novaops.fleets.rights import RIGHTS, Right, Role
from tests.api.conftest import FOR_MACHINES, MakeProgram, Program, with_token
from tests.conftest import PASSWORD, MakePerson


def records(fleet: Fleet, verb: str) -> list[Record]:
    with tenant_context(fleet):
        return list(Record.objects.filter(verb=verb).order_by("sequence"))


def change(fleet: Fleet, token: ApiToken | None, **values: object) -> None:
    assert token is not None
    with tenant_context(fleet):
        ApiToken.objects.filter(pk=token.pk).update(**values)


def test_a_token_says_who_it_speaks_for_and_what_it_may_do(fleet: Fleet, program: MakeProgram) -> None:
    said = program("operator", scopes=["observe", "read-change-log"]).get("me").json()
    assert (said["person"], said["is_machine"], said["fleet"]) == ("operator-alpha", False, "alpha")
    assert said["rights"] == ["read-change-log", "view"]
    assert said["token"]["scopes"] == ["observe", "read-change-log"]


def test_scopes_cut_rights_down_and_never_add_any(fleet: Fleet, program: MakeProgram) -> None:
    for role in Role:
        for scope in Scope:
            answer = program(role.value, scopes=[scope.value]).get("me").json()
            assert set(answer["rights"]) == {right.value for right in RIGHTS[role] & RIGHTS_OF[scope]}, (role, scope)


def test_each_right_is_within_reach_of_some_scope() -> None:
    """But for what people alone may see, on a page, with a reason."""
    assert rights_within(Scope.values) == frozenset(Right) - {Right.SEE_CACHED_VALUES}
    assert rights_within(["made-up"]) == frozenset()


def test_what_is_no_living_token_is_refused_in_the_same_words(
    fleet: Fleet, other_fleet: Fleet, program: MakeProgram, person: MakePerson
) -> None:
    good, revoked, expired = program("viewer"), program("viewer"), program("viewer")
    change(fleet, revoked.token, revoked_at=timezone.now())
    change(fleet, expired.token, expires_at=timezone.now() - timedelta(seconds=1))
    person("viewer", fleet=other_fleet, username="viewer-alpha")
    abroad = Program(good.text, "beta")
    of_another = Program(with_token(good.person, other_fleet).text, "alpha")  # type: ignore[arg-type]
    wrong = [Program(text) for text in (good.text[:-1] + "x", good.text[:-64] + "0" * 64, "", "novaops_alpha_1_", "ä")]
    assert good.get("me").status_code == 200
    answers = [one.get("me") for one in (revoked, expired, abroad, of_another, *wrong)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert all("invalid_token" in answer["WWW-Authenticate"] for answer in answers)


def test_a_token_dies_with_its_person(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("viewer")
    Person.objects.filter(username="viewer-alpha").update(is_active=False)
    assert mine.get("me").status_code == 401
    Person.objects.filter(username="viewer-alpha").update(is_active=True)
    Membership.objects.all().delete()
    assert mine.get("me").status_code == 404


def test_rights_are_those_of_now_not_of_when_it_was_made(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("operator")
    Membership.objects.update(role="viewer")
    assert mine.get("me").json()["rights"] == ["view"]


def test_its_last_use_is_kept_and_told(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("viewer")
    mine.get("me")
    with tenant_context(fleet):
        token = ApiToken.objects.get()
        assert token.last_used_at and token.last_address == "127.0.0.1"
        [held] = credentials_of([token.person_id])[token.person_id]
    assert held.used_at == token.last_used_at and held.name == "token a test" and "observe" in held.scopes
    mine.get("me")
    with tenant_context(fleet):
        assert ApiToken.objects.get().last_used_at == token.last_used_at, "written once a minute"


def test_making_and_revoking_are_records_without_the_secret(fleet: Fleet, person: MakePerson) -> None:
    owner = person("viewer")
    mine = with_token(owner, fleet)
    with tenant_context(fleet):
        assert tokens.revoke(ApiToken.objects.get(), by=owner)
        assert not tokens.revoke(ApiToken.objects.get(), by=owner)
    [made], [revoked] = records(fleet, "token made"), records(fleet, "token revoked")
    assert made.actor == revoked.actor == "viewer-alpha"
    assert made.data["before"] == {} and made.data["after"]["scopes"] == list(Scope.values)
    assert revoked.data["before"]["revoked_at"] is None and revoked.data["after"]["revoked_at"]
    secret = mine.text.rpartition("_")[2]
    assert secret not in str(made.data) + str(revoked.data) + made.outcome
    with tenant_context(fleet):
        assert secret not in str(ApiToken.objects.values_list())


@pytest.mark.parametrize(("scopes", "days", "why"), [([], 30, "at least one"), (["observe"], 0, "from 1 to")])
def test_what_cannot_be_a_token_is_said(
    fleet: Fleet, person: MakePerson, scopes: list[str], days: int, why: str
) -> None:
    with tenant_context(fleet), pytest.raises(tokens.TokenProblem, match=why):
        tokens.make(person("viewer"), "x", scopes, days, by=person("viewer"))


def test_a_wrong_use_of_a_token_that_exists_is_recorded_now_and_then(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("viewer")
    wrong = Program(mine.text[:-64] + "0" * 64)
    wrong.get("me")
    wrong.get("me")
    Program("novaops_alpha_999_" + "0" * 64).get("me")
    [refused] = records(fleet, "token refused")
    assert (refused.outcome, refused.actor_kind, refused.data) == (
        "The secret is wrong.",
        "automatic",
        {"address": "127.0.0.1"},
    )
    change(fleet, mine.token, refused_at=timezone.now() - timedelta(hours=1))
    wrong.get("me")
    assert len(records(fleet, "token refused")) == 2


def test_guesses_are_bounded_by_token_and_neighbours_are_not_hurt(fleet: Fleet, program: MakeProgram) -> None:
    mine, neighbour = program("viewer"), program("operator")
    wrong = Program(mine.text[:-64] + "0" * 64)
    assert [wrong.get("me").status_code for _ in range(guessing.PER_TOKEN)] == [401] * guessing.PER_TOKEN
    bounded = mine.get("me")
    assert (bounded.status_code, bounded["Retry-After"]) == (429, "60")
    assert neighbour.get("me").status_code == 200


def test_guesses_are_bounded_by_address(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("viewer")
    for number in range(guessing.PER_ADDRESS):
        guessing.count("127.0.0.1", f"alpha:{number + 1000}")
    assert mine.get("me").status_code == 429
    assert mine.get("me", REMOTE_ADDR="10.0.0.7").status_code == 200


def test_a_token_opens_no_page(fleet: Fleet, program: MakeProgram) -> None:
    headers = {"Authorization": f"Bearer {program('admin').text}"}
    for page in ("/fleets/alpha/", "/fleets/alpha/tokens/", "/"):
        assert Client().get(page, headers=headers).status_code == 302
    assert Client().post("/fleets/alpha/tokens/make", {}, headers=headers).status_code == 302


def test_a_token_comes_before_a_session(fleet: Fleet, program: MakeProgram, client_as: object) -> None:
    browser: Client = client_as("admin")  # type: ignore[operator]
    headers = {"Authorization": f"Bearer {program('viewer').text}"}
    assert browser.get("/fleets/alpha/api/me", headers=headers).json()["person"] == "viewer-alpha"
    assert browser.get("/fleets/alpha/api/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_no_password_signs_a_machine_in(fleet: Fleet) -> None:
    machine, made = create_machine("deploy")
    assert made and not create_machine("deploy")[1]
    machine.set_password(PASSWORD)
    machine.save()
    assert authenticate(RequestFactory().get("/"), username="deploy", password=PASSWORD) is None
    with pytest.raises(FleetProblem, match="which has tokens"):
        create_person("deploy", PASSWORD)


def test_a_machine_acts_but_judges_nothing(fleet: Fleet) -> None:
    call_command("person", "create", "deploy", "--machine", "--grant", "alpha:admin")
    machine = Person.objects.get(username="deploy")
    said = with_token(machine, fleet, FOR_MACHINES).get("me").json()
    assert said["is_machine"] and "change-caches" in said["rights"]
    for scope in FOR_PEOPLE:
        with tenant_context(fleet), pytest.raises(tokens.TokenProblem, match="people alone"):
            tokens.make(machine, "x", [scope.value], 30, by=machine)
    assert not rights_within(Scope.values, machine=True) & {Right.APPROVE, Right.BREAK_GLASS}
