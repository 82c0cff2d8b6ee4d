"""The plan beside the request form: asked of the live fleet, for those who may request, and with nothing left of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.operations.contract import PermanentProblem
from novaops.operations.models import Operation, OperationLock
from tests.operations import kinds
from tests.operations.conftest import Planned

ClientAs = Callable[..., Client]
ADDRESS = "/fleets/alpha/operations/new/writing/"


@pytest.fixture(autouse=True)
def _nothing_is_left(fleet: Fleet) -> Iterator[None]:
    """Whatever a test looks at: no operation is made by it, and nothing recorded of one."""
    yield
    with tenant_context(fleet):
        requested = Record.objects.filter(verb="operation requested").count()
        assert requested == Operation.objects.count()


def asked(client: Client, folder: Path | str, script: bool = True, **given: Any) -> Any:
    """What the form sends while it is filled in, by a script or by its button."""
    headers = {"HX-Request": "true"} if script else {}
    return client.post(ADDRESS, {"preview": "1", "folder": str(folder), "mishap": "none", **given}, headers=headers)


def test_a_script_gets_the_plan_alone(fleet: Fleet, client_as: ClientAs, folder: Path) -> None:
    answer = asked(client_as("operator"), folder)
    assert answer.status_code == 200 and "<html" not in answer.text
    for words in (
        "This would be done",
        "Write three words in blue.",
        "Write second",
        "The folder is free.",
        "One folder.",
    ):
        assert words in answer.text
    assert "you are asked to type" in answer.text and "shard-1 blue" in answer.text
    with tenant_context(fleet):
        assert not Operation.objects.exists() and not Record.objects.filter(verb__startswith="operation").exists()


def test_without_a_script_the_button_shows_it_beside_what_was_filled_in(client_as: ClientAs, folder: Path) -> None:
    client = client_as("operator")
    assert "Show the plan" in client.get(ADDRESS).text
    answer = asked(client, folder, script=False, reason="Half a sen")
    assert answer.status_code == 200 and "<html" in answer.text and "Write three words in blue." in answer.text
    assert f'value="{folder}"' in answer.text and "Half a sen" in answer.text
    assert "required" not in asked(client, folder, script=False).text.replace(" required", ""), "words come later"


def test_what_is_missing_is_no_mistake_yet(client_as: ClientAs) -> None:
    answer = asked(client_as("operator"), "")
    assert "The plan needs: Folder." in answer.text and 'class="field-error"' not in answer.text


def test_what_is_wrong_is_said_at_its_field(client_as: ClientAs, folder: Path) -> None:
    client = client_as("operator")
    wrong = asked(client, folder, mishap="flood")
    assert "Not understood" in wrong.text and wrong.text.count('class="field-error"') == 1
    place = wrong.text.index('id="id_mishap_problems" hx-swap-oob="true"')
    assert place < wrong.text.index('class="field-error"') and 'id="id_reason' not in wrong.text
    right = asked(client, folder).text
    assert 'id="id_mishap_problems" hx-swap-oob="true"></div>' in right, "and taken away again"
    assert asked(client, folder, script=False, mishap="flood").status_code == 422


def test_a_check_that_fails_and_a_conflict_are_told(queued: Planned, client_as: ClientAs, folder: Path) -> None:
    client, holder = client_as("operator"), queued()
    kinds.prepare(folder, blocked=True)
    answer = asked(client, folder).text
    assert "It would be refused" in answer and "is-critical" in answer and "you are asked to type" not in answer
    with tenant_context(Fleet.objects.get(slug="alpha")):
        OperationLock.objects.create(scope="shard", name="shard-1", operation=holder)
    assert f'href="/fleets/alpha/operations/{holder.pk}/"' in asked(client, folder).text


def test_a_fleet_that_says_why_it_cannot_be_asked(
    client_as: ClientAs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(kind: kinds.Writing, parameters: kinds.Words) -> kinds.Facts:
        raise PermanentProblem("shard-1 has no leader.")

    monkeypatch.setattr(kinds.Writing, "gather", gather)
    answer = asked(client_as("operator"), folder)
    assert answer.status_code == 200 and "It cannot be planned now" in answer.text
    assert "shard-1 has no leader." in answer.text


def test_a_defect_of_a_kind_stays_in_its_pane(
    client_as: ClientAs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds.Writing, "gather", lambda kind, parameters: 1 // 0)
    answer = asked(client_as("operator"), folder)
    assert answer.status_code == 200 and "A defect: ZeroDivisionError" in answer.text


@pytest.mark.parametrize("role", ["viewer", "auditor", "approver"])
def test_only_who_may_request_it_may_look(fleet: Fleet, client_as: ClientAs, folder: Path, role: str) -> None:
    answer = asked(client_as(role), folder)
    assert answer.status_code == 403 and "Write three words in blue." not in answer.text
    with tenant_context(fleet):
        assert Record.objects.get(verb="operation refused").subject == "kind:writing"


def test_another_fleet_and_another_kind(other_fleet: Fleet, client_as: ClientAs, folder: Path) -> None:
    stranger = client_as("operator", fleet=other_fleet)
    assert asked(stranger, folder).status_code == 404
    answer = client_as("operator").post("/fleets/alpha/operations/new/nothing/", {"preview": "1"})
    assert answer.status_code == 404
