"""What only shows on the real server: requests at once, a server that is killed, waiting for news."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from django_tenants.utils import tenant_context

from novaops.api import tokens
from novaops.api.bearers import Bearer, still_good
from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Membership
from novaops.operations import services
from novaops.operations.models import Operation
from tests.api.conftest import MakeProgram, Program
from tests.live.console import Console, console, events
from tests.waiting import wait_for

SERVER = "tests.api.asgi:application"


def post(server: Console, program: Program, rest: str, said: Any, key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {program.text}", "Idempotency-Key": key}
    return requests.post(f"{server.address}/fleets/alpha/api/{rest}", json=said, headers=headers, timeout=30)


def get(server: Console, program: Program, rest: str, **query: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {program.text}"}
    return requests.get(f"{server.address}/fleets/alpha/{rest}", query, headers=headers, timeout=40, stream=True)


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_killed_or_doubled_while_it_plans_makes_one_operation(
    fleet: Fleet, program: MakeProgram, wanted: dict[str, Any], folder: Path
) -> None:
    mine, slow = program("operator"), {**wanted, "kind": "pondering"}
    (folder / "ponder").touch()
    connection.close()
    with ThreadPoolExecutor(3) as at_once:
        with console(SERVER) as server:
            doomed = at_once.submit(post, server, mine, "operations", slow, "k")
            wait_for((folder / "pondered").exists, "the plan to be begun")
            server.process.kill()
            assert isinstance(doomed.exception(timeout=30), requests.ConnectionError)
        with console(SERVER) as server:
            twins = [at_once.submit(post, server, mine, "operations", slow, "k") for _ in range(2)]
            wait_for(lambda: (folder / "pondered").read_text() == "xxx", "both to plan")
            (folder / "ponder").unlink()
            answers = [twin.result(timeout=30) for twin in twins]
            assert [answer.status_code for answer in answers] == [201, 201]
            assert answers[0].content == answers[1].content
            number = answers[0].json()["id"]
            confirmed = [
                at_once.submit(post, server, mine, f"operations/{number}/confirm", {"typed": "shard-1 blue"}, "c")
                for _ in range(3)
            ]
            codes = sorted(one.result(timeout=30).status_code for one in confirmed)
            assert set(codes) <= {200, 409} and codes[0] == 200, "done, or still being worked on"
    with tenant_context(fleet):
        assert Operation.objects.count() == 1
        assert Record.objects.filter(verb="operation requested").count() == 1
        assert Record.objects.filter(verb="operation confirmed").count() == 1
        assert verify().whole


@pytest.mark.django_db(transaction=True)
def test_waiting_ends_with_the_change_and_events_come_to_a_token(
    fleet: Fleet, program: MakeProgram, planned: Callable[..., Operation]
) -> None:
    mine, operation = program("operator"), planned()
    assert mine.person
    connection.close()
    with console(SERVER) as server, ThreadPoolExecutor(1) as aside:
        heard = events(get(server, mine, "live"))
        assert next(heard) == "listening"
        address = f"api/operations/{operation.pk}"
        known = get(server, mine, address).json()["version"]
        began = time.monotonic()
        assert get(server, mine, address, after=known, wait=0.2).json()["version"] == known
        assert time.monotonic() - began >= 0.2, "nothing changed, so it waited"
        waits = aside.submit(get, server, mine, address, after=known, wait=30)
        with tenant_context(fleet):
            services.confirm(operation, mine.person, "shard-1 blue")
        answer = waits.result(timeout=30).json()
        assert answer["status"] == "queued" and answer["version"] != known
        assert {next(heard), next(heard)} == {"operations", f"operation-{operation.pk}"}
        assert get(server, mine, "api/operations/999", after=known, wait=1).status_code == 404
        exported = [json.loads(line) for line in get(server, mine, "api/changes/export").text.splitlines()]
        assert "change log exported" in [record.get("verb") for record in exported]
        assert server.stop() in {0, -15}


def test_a_stream_goes_on_as_long_as_its_token_is_good(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("viewer")
    assert mine.token and mine.person
    bearer = Bearer(mine.token, mine.person)
    assert still_good(bearer, "alpha")
    role = Membership.objects.get()
    role.delete()
    assert not still_good(bearer, "alpha")
    role.save()
    with tenant_context(fleet):
        tokens.revoke(mine.token, by=mine.person)
    assert not still_good(bearer, "alpha")
