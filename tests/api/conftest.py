"""Programs that call the API with a token, the test kind, and a planned operation on it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.api import tokens
from novaops.api.models import ApiToken
from novaops.api.scopes import Scope
from novaops.fleets.models import Fleet, Person
from novaops.operations import registry, services
from novaops.operations.models import Operation
from tests.conftest import MakePerson
from tests.operations import kinds

EVERYTHING = tuple(scope.value for scope in Scope)
FOR_MACHINES = (Scope.OBSERVE.value, Scope.REQUEST.value, Scope.READ_CHANGE_LOG.value)


@dataclass
class Program:
    """Calls the API of a fleet with a token; each POST with a new key unless it is told one."""

    text: str
    fleet: str = "alpha"
    person: Person | None = None
    token: ApiToken | None = None

    def get(self, rest: str, **options: Any) -> Any:
        return Client().get(self._path(rest), headers=self._headers(), **options)

    def post(self, rest: str, said: Any = None, key: str | None = "", **options: Any) -> Any:
        keyed = {} if key is None else {"Idempotency-Key": key or uuid4().hex}
        body = json.dumps(said if said is not None else {})
        headers = {**self._headers(), **keyed}
        return Client().post(self._path(rest), body, content_type="application/json", headers=headers, **options)

    def _path(self, rest: str) -> str:
        return f"/fleets/{self.fleet}/api/{rest}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


MakeProgram = Callable[..., Program]


@pytest.fixture(autouse=True)
def _no_guess_yet() -> None:
    caches["guesses"].clear()


@pytest.fixture
def program(fleet: Fleet, person: MakePerson) -> MakeProgram:
    """`program("operator", scopes=["observe"])`: a program of `person("operator")`, with all scopes unless told."""

    def make(*roles: str, scopes: Any = EVERYTHING, fleet: Fleet = fleet, days: int = 30, **options: Any) -> Program:
        owner = person(*roles, fleet=fleet, **options)
        return with_token(owner, fleet, scopes, days)

    return make


def with_token(owner: Person, fleet: Fleet, scopes: Any = EVERYTHING, days: int = 30) -> Program:
    with tenant_context(fleet):
        token, text = tokens.make(owner, "a test", scopes, days, by=owner)
    return Program(text, fleet.slug, owner, token)


@pytest.fixture
def test_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_kinds", {})
    kinds.register()
    yield


@pytest.fixture
def folder(tmp_path: Path, test_kinds: None) -> Path:
    kinds.prepare(tmp_path)
    return tmp_path


@pytest.fixture
def wanted(folder: Path) -> dict[str, Any]:
    """The body of a request of the test kind."""
    return {"kind": "writing", "parameters": {"folder": str(folder)}, "reason": "To see it written."}


@pytest.fixture
def planned(fleet: Fleet, person: MakePerson, folder: Path) -> Callable[..., Operation]:
    """`planned(mishap="once")`: an operation of the test kind, requested by the operator, in state planned."""

    def plan(kind: str = "writing", **parameters: Any) -> Operation:
        with tenant_context(fleet):
            operator = person("operator")
            return services.request(kind, {"folder": str(folder), **parameters}, operator, "To see it written.")

    return plan
