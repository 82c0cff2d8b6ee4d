"""An auditor sees everything of the fleet and can change nothing: every address that there is gets asked, each way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.hooks.models import Delivery, Hook
from novaops.inventory.models import Shard
from novaops.operations.models import Freeze, Operation, Recurrence
from shards.moves.models import Move
from tests.fleets.test_isolation import furnished, in_a_fleet

__all__ = ["furnished"]

Browser = Callable[..., Client]
REFUSED = frozenset({403, 405})
# Pages with a form that changes something: whoever may not is not shown them.
FORMS = ("/operations/new/", "/hooks/new/", "/hooks/1/edit")
NOT_THERE = ("/api/nothing", "/api/")
# What an auditor may do after all; none of it touches the fleet, or what it is set to.
OWN = {
    "/changes/checkpoints/verify": "has the change log verified, which is what an auditor is for",
    "/tokens/make": "a token of one's own holds no right that its owner lacks",
    "/tokens/revoke": "so does its end",
    "/operations/1/withdraw": "takes back one's own approval, and an auditor has none",
    "/api/operations/1/withdraw": "the same",
}
# One body that every form and every call of the API takes: what refuses is the missing right, not a missing word.
SAID = {
    "comment": "No.",
    "reason": "No.",
    "name": "No",
    "crontab": "0 3 * * *",
    "time_zone": "UTC",
    "risks": ["low"],
    "starts_at": "2030-01-01T03:00+00:00",
    "ends_at": "2030-01-01T04:00+00:00",
    "months": 36,
    "username": "auditor-alpha",
    "role": "admin",
    "kind": "switchover",
    "operation": 1,
    "parameters": {},
    **{f"{risk}-approvals": 0 for risk in ("low", "medium", "high", "break-glass")},
}
FORM = {name: value for name, value in SAID.items() if name != "parameters"}
KEPT_ELSEWHERE = ("audit_", "metrics_", "axes_", "django_session", "api_keptanswer")


@pytest.fixture
def whole(furnished: Fleet) -> Fleet:
    """Something at every address that takes a number."""
    now, someone = timezone.now(), Person.objects.get(username="alpha-somebody")
    with tenant_context(furnished):
        Operation.objects.update(id=1)
        hour = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
        Freeze.objects.create(pk=1, name="Night", reason="No", risks=["high"], made_by_name="ana", **hour)
        by = {"requested_by": someone, "requested_by_name": someone.username}
        Recurrence.objects.create(pk=1, kind="switchover", title="Weekly", reason="No", crontab="0 3 * * *", **by)
        Hook.objects.update(id=1)
        Delivery.objects.create(pk=1, hook_id=1, sequence=1, event="operation.done", subject="operation:1")
        ends = {end: Shard.objects.create(name=end, cluster=end, database="novacron") for end in ("source", "target")}
        Move.objects.create(operation_id=1, tenant_id="acme", epoch=1, **ends)
    return furnished


def rows(fleet: Fleet) -> dict[str, str]:
    """A digest of every table of the fleet, and of the tables of all fleets, but for what only watches."""
    found = {}
    with tenant_context(fleet), connection.cursor() as cursor:
        for table in sorted({model._meta.db_table for model in apps.get_models()}):
            if not table.startswith(KEPT_ELSEWHERE):
                cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
                found[table] = cursor.fetchone()[0]
    return found


def test_an_auditor_reads_every_page(whole: Fleet, client_as: Browser) -> None:
    auditor, wrong = client_as("auditor"), []
    for address in in_a_fleet(whole.slug):
        answer = auditor.get(address)
        if answer.streaming:
            answer.getvalue()
        expected = {200, 405}
        if any(form in address for form in FORMS):
            expected = {403}
        elif address.endswith(NOT_THERE):
            expected = {404}
        if answer.status_code not in expected:
            wrong.append(f"{address} answered {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_an_auditor_changes_nothing(whole: Fleet, client_as: Browser) -> None:
    auditor, wrong = client_as("auditor"), []
    before = rows(whole)
    for address in in_a_fleet(whole.slug):
        in_fleet = address.removeprefix(f"/fleets/{whole.slug}")
        if in_fleet in OWN or in_fleet in NOT_THERE:
            continue
        for method in ("post", "put", "patch", "delete"):
            answer = _asked(auditor, method, address)
            if answer not in REFUSED:
                wrong.append(f"{method} {address} answered {answer}")
    assert not wrong, "\n".join(wrong)
    after = rows(whole)
    assert [table for table in before if before[table] != after[table]] == []


def _asked(auditor: Client, method: str, address: str) -> int:
    send = getattr(auditor, method)
    if "/api/" in address:
        key = {"Idempotency-Key": f"{method}:{address}"}
        return int(send(address, SAID, content_type="application/json", headers=key).status_code)
    return int((send(address, FORM) if method == "post" else send(address)).status_code)


def test_what_an_auditor_may_do_touches_nothing_of_the_fleet(whole: Fleet, client_as: Browser) -> None:
    auditor = client_as("auditor")
    before = rows(whole)
    for address in OWN:
        _asked(auditor, "post", f"/fleets/{whole.slug}{address}")
    after = rows(whole)
    assert {table for table in before if before[table] != after[table]} <= {"api_apitoken"}
