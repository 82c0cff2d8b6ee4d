"""The page of checkpoints, what it offers to auditors, and the exports."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone
from django_tenants.utils import tenant_context
from pytest_django.fixtures import Settings

from novaops.audit import checkpoints, keeping, standalone, verification
from novaops.audit.models import Checkpoint, Record, Verification
from novaops.audit.signing import Key
from novaops.fleets.models import Fleet
from tests.audit.conftest import write
from tests.audit.verifier import run
from tests.conftest import MakePerson

ClientAs = Callable[..., Client]
READ = ["", "export.jsonl", "public-keys.pem", "verify_changelog.py"]


@pytest.fixture
def address(fleet: Fleet) -> str:
    return f"/fleets/{fleet.slug}/changes/checkpoints/"


@pytest.fixture
def covered(in_fleet: Fleet, key: Key, outside: Path, settings: Settings) -> Checkpoint:
    settings.CHECKPOINT_MINUTES = 0
    write(3)
    keeping.keep(timezone.now())
    return Checkpoint.objects.get()


def test_it_shows_what_is_signed_and_what_lies_outside(
    covered: Checkpoint, client_as: ClientAs, address: str, outside: Path
) -> None:
    client = client_as("auditor")
    text = client.get(address).text
    assert "Signed, and kept outside" in text and covered.key in text and covered.root in text
    assert f"file:{outside}" in text and "Takes them" in text and "Never yet." in text
    assert "Make one now" not in text and "Verify now" in text
    assert "Protected" in text


def test_an_empty_log_has_a_page(fleet: Fleet, client_as: ClientAs, address: str, settings: Settings) -> None:
    settings.CHECKPOINT_SINKS = []
    text = client_as("auditor").get(address).text
    assert "No checkpoint yet" in text and "No place outside" in text and "None has signed yet" in text


def test_it_says_why_nothing_is_signed(in_fleet: Fleet, client_as: ClientAs, address: str, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    keeping.keep(timezone.now())
    assert "NOVAOPS_CHECKPOINT_KEY_FILE is not set" in client_as("auditor").get(address).text


def test_it_shows_a_place_that_refuses_and_one_that_is_misnamed(
    in_fleet: Fleet, key: Key, client_as: ClientAs, address: str, settings: Settings
) -> None:
    client = client_as("auditor")
    settings.CHECKPOINT_SINKS, settings.CHECKPOINT_MINUTES = ["http://127.0.0.1:1/in"], 0
    write(1)
    keeping.keep(timezone.now())
    text = client.get(address).text
    assert "Refuses" in text and "does not answer" in text and "Nothing lies outside the database" in text
    settings.CHECKPOINT_SINKS = ["nonsense"]
    assert "The places are not understood" in client.get(address).text


def test_it_shows_by_what_the_consoles_role_could_lift_the_protection(
    fleet: Fleet, client_as: ClientAs, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("novaops.audit.checkpoints_page.weaknesses", lambda: ["The role x is a superuser."])
    assert "The role x is a superuser." in client_as("auditor").get(address).text


def test_an_admin_makes_one(covered: Checkpoint, fleet: Fleet, client_as: ClientAs, address: str) -> None:
    answer = client_as("admin").post(f"{address}make", follow=True)
    assert "Checkpoint 2 covers the change log" in answer.text and "Make one now" in answer.text
    with tenant_context(fleet):
        entry = Record.objects.get(sequence=Checkpoint.objects.get(number=2).sequence)
    assert (entry.verb, entry.actor) == ("checkpoint asked for", "admin-alpha")


def test_without_a_key_the_reason_is_said(fleet: Fleet, client_as: ClientAs, address: str, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    assert "No key signs the checkpoints" in client_as("admin").post(f"{address}make", follow=True).text


def test_many_records_are_left_to_a_worker(
    covered: Checkpoint, fleet: Fleet, client_as: ClientAs, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("novaops.audit.checkpoint_views.AT_ONCE", 0)
    assert "a worker makes it" in client_as("admin").post(f"{address}make", follow=True).text
    with tenant_context(fleet):
        assert Checkpoint.objects.count() == 1 and checkpoints.uncovered() > 0


def test_an_auditor_asks_for_a_verification(
    covered: Checkpoint, fleet: Fleet, client_as: ClientAs, address: str
) -> None:
    client = client_as("auditor")
    assert "Waiting for a worker" in client.post(f"{address}verify", follow=True).text
    with tenant_context(fleet):
        Verification.objects.update(seen_at=timezone.now(), records=1, total=4)
    assert "1 of 4 records, asked by auditor-alpha" in client.get(address).text
    with tenant_context(fleet):
        Verification.objects.update(seen_at=None)
        verification.look_again()
    assert "asked by auditor-alpha" in client.get(address).text and "Whole" in client.get(address).text


@pytest.mark.parametrize("page", READ)
def test_who_may_read_it(covered: Checkpoint, other_fleet: Fleet, client_as: ClientAs, address: str, page: str) -> None:
    assert client_as("auditor").get(address + page).status_code == 200
    assert client_as("viewer").get(address + page).status_code == 403
    assert client_as("auditor", fleet=other_fleet).get(address + page).status_code == 404
    assert client_as("admin").post(address + page).status_code == 405
    assert Client().get(address + page).status_code == 302


@pytest.mark.parametrize("page", ["make", "verify"])
def test_who_may_ask(fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, address: str, page: str) -> None:
    assert client_as("viewer").post(address + page).status_code == 403
    assert client_as("auditor").post(f"{address}make").status_code == 403
    assert client_as("admin", fleet=other_fleet).post(address + page).status_code == 404
    assert client_as("admin").get(address + page).status_code == 405


def test_what_an_auditor_takes_home_is_enough(
    covered: Checkpoint, client_as: ClientAs, address: str, outside: Path, tmp_path: Path
) -> None:
    client, changes = client_as("auditor"), address.removesuffix("checkpoints/")
    files = {
        "changes.jsonl": f"{changes}export.jsonl?verb=counted",
        "changes.zip": f"{changes}export.zip",
        "console.jsonl": f"{address}export.jsonl",
        "keys.pem": f"{address}public-keys.pem",
    }
    for name, page in files.items():
        answer = client.get(page)
        assert "attachment" in answer["Content-Disposition"]
        (tmp_path / name).write_bytes(b"".join(answer) if answer.streaming else answer.content)
    words: tuple[str | Path, ...] = ("--checkpoints", *outside.iterdir(), "--from-console", tmp_path / "console.jsonl")
    for name in ("changes.jsonl", "changes.zip"):
        outcome = run(tmp_path / name, *words, "--public-key", tmp_path / "keys.pem")
        assert outcome.code == 0 and outcome.said["proven"] == 4, outcome.printed
    assert client.get(f"{address}verify_changelog.py").text == standalone.text()


def test_an_export_is_recorded_and_holds_its_own_record(covered: Checkpoint, fleet: Fleet, client_as: ClientAs) -> None:
    answer = client_as("auditor").get(f"/fleets/{fleet.slug}/changes/export.zip?actor=test")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        proof = json.loads(archive.read("proof.jsonl").splitlines()[-1])["proof"]
    assert proof["filters"] == {"actor": "test"} and proof["records"] == 3
    with tenant_context(fleet):
        entry = Record.objects.latest("sequence")
    assert (entry.verb, entry.actor, entry.data) == (
        "change log exported",
        "auditor-alpha",
        {"filters": {"actor": "test"}},
    )


@pytest.mark.parametrize("page", ["export.jsonl", "export.zip", "checkpoints/export.jsonl"])
def test_an_asynchronous_server_streams_the_same(
    covered: Checkpoint, fleet: Fleet, person: MakePerson, tmp_path: Path, page: str
) -> None:
    somebody = person("auditor")

    async def fetch() -> bytes:
        client = AsyncClient()
        await client.aforce_login(somebody, backend="django.contrib.auth.backends.ModelBackend")
        answer: Any = await client.get(f"/fleets/{fleet.slug}/changes/{page}")
        assert answer.is_async
        return b"".join([block async for block in answer])

    (tmp_path / "export").write_bytes(async_to_sync(fetch)())
    outcome = run(tmp_path / "export") if page.startswith("export") else None
    assert outcome is None or (outcome.code == 0 and outcome.said["complete"])
    assert outcome or len((tmp_path / "export").read_bytes().splitlines()) == 1
