"""What the API says of itself, in the description and on its page, is what it does; problems have one shape."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from novaops.api import me
from novaops.api.pages import sections
from novaops.fleets.models import Fleet
from tests.api.conftest import MakeProgram

ClientAs = Callable[..., Client]
MADE_UP = {"{tenant_id}": "acme", "{name}": "switchover", "{pk}": "1", "{sequence}": "1"}


@pytest.fixture
def description(fleet: Fleet, client_as: ClientAs) -> dict[str, Any]:
    said: dict[str, Any] = client_as("viewer").get("/fleets/alpha/api/openapi.json").json()
    return said


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value["$ref"],) if "$ref" in value else ()
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_description_holds_together(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    schemas = description["components"]["schemas"]
    assert all(found.removeprefix("#/components/schemas/") in schemas for found in references(description))
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(names) == len(set(names)) > 20
    for method, path, operation in operations(description):
        keyed = any(one["name"] == "Idempotency-Key" and one["required"] for one in operation.get("parameters", ()))
        assert keyed == (method == "post"), path
        assert operation["summary"] and operation["security"]
        assert all(one.get("description") for one in operation.get("parameters", ())), path


def test_every_address_answers_and_none_to_strangers(
    fleet: Fleet, program: MakeProgram, description: dict[str, Any], client: Client
) -> None:
    mine = program("admin")
    for method, path, operation in operations(description):
        for name, value in MADE_UP.items():
            path = path.replace(name, value)
        rest = path.removeprefix("/fleets/alpha/api/")
        answer = mine.get(rest) if method == "get" else mine.post(rest)
        assert str(answer.status_code) in operation["responses"] or answer.status_code in {404, 422}, path
        stranger = getattr(client, method)(path)
        assert (stranger.status_code, stranger["Content-Type"]) == (401, "application/problem+json"), path


def test_the_page_shows_every_address(fleet: Fleet, client_as: ClientAs, description: dict[str, Any]) -> None:
    page = client_as("viewer").get("/fleets/alpha/api/docs")
    assert page.status_code == 200 and '<script src="http' not in page.text
    for method, path, operation in operations(description):
        assert path in page.text and f'id="{operation["operationId"]}"' in page.text
        assert method.upper() in page.text
    assert page.text.count('<details class="api-address"') == sum(
        len(section.addresses) for section in sections(description)
    )
    assert "curl" in page.text and "problem-key-missing" in page.text


def test_the_page_is_for_members(fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, client: Client) -> None:
    assert client.get("/fleets/alpha/api/docs").status_code == 401
    assert client_as("admin", fleet=other_fleet).get("/fleets/alpha/api/docs").status_code == 404
    assert client_as("viewer").post("/fleets/alpha/api/docs").status_code == 405


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [("nothing/here", 404, "not-found"), ("operations/7", 404, "not-found"), ("kinds/none", 422, "invalid")],
)
def test_a_problem_has_a_type_a_title_and_a_sentence(
    fleet: Fleet, program: MakeProgram, path: str, status: int, kind: str
) -> None:
    answer = program("viewer").get(path)
    said = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert said["type"] == f"/fleets/alpha/api/docs#problem-{kind}" and said["status"] == status
    assert said["title"] and said["detail"].endswith(".") and said["instance"] == f"/fleets/alpha/api/{path}"


def test_wrong_methods_say_which_are_right(fleet: Fleet, program: MakeProgram) -> None:
    answer = program("viewer").post("servers")
    assert (answer.status_code, answer["Allow"]) == (405, "GET") and "POST" in answer.json()["detail"]


def test_a_control_database_that_is_away_is_a_problem_too(
    fleet: Fleet, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("gone")

    mine = program("viewer")
    monkeypatch.setattr(me, "_token", away)
    answer = mine.get("me")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2") and "idempotency key" in answer.json()["detail"]
    monkeypatch.setattr("novaops.api.middleware.authenticate", away)
    assert mine.get("me").status_code == 503


def test_a_defect_is_told_without_its_insides(
    fleet: Fleet, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("the insides")

    mine = program("viewer")
    monkeypatch.setattr(me, "_token", broken)
    headers = {"Authorization": f"Bearer {mine.text}"}
    answer = Client(raise_request_exception=False).get("/fleets/alpha/api/me", headers=headers)
    assert answer.status_code == 500 and "insides" not in answer.text and answer.json()["title"] == "NovaOps failed"
