"""The change log over the API: narrowed down, page by page, verified, exported; to those who may read it."""

import io
import json
from hashlib import sha256
from typing import Any
from zipfile import ZipFile

import pytest
import rfc8785
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet
from tests.api.conftest import MakeProgram, Program


@pytest.fixture
def auditor(fleet: Fleet, program: MakeProgram) -> Program:
    mine = program("auditor")
    assert mine.person
    with tenant_context(fleet):
        for number in range(1, 6):
            record("tested", f"thing:{number}", actor=Actor.person(mine.person), outcome="fine", data={"n": number})
    return mine


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_pages_follow_each_other(auditor: Program) -> None:
    first = auditor.get("changes?verb=tested&limit=2").json()
    rest = Client().get(first["next"], headers={"Authorization": f"Bearer {auditor.text}"}).json()
    last = Client().get(rest["next"], headers={"Authorization": f"Bearer {auditor.text}"}).json()
    numbers = [one["data"]["n"] for page in (first, rest, last) for one in page["changes"]]
    assert numbers == [5, 4, 3, 2, 1] and last["next"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("subject=thing:3", 1),
        ("actor=auditor-alpha&verb=tested", 5),
        ("q=nothing-of-the-kind", 0),
        ("verb=tested&since=2020-01-01", 5),
        ("verb=tested&until=2020-01-01T00:00:00%2B01:00", 0),
    ],
)
def test_narrowed_down(auditor: Program, query: str, count: int) -> None:
    assert len(auditor.get(f"changes?{query}").json()["changes"]) == count


def test_one_record_is_whole(fleet: Fleet, auditor: Program) -> None:
    with tenant_context(fleet):
        stored = Record.objects.get(subject="thing:1")
    said = auditor.get(f"changes/{stored.sequence}").json()
    assert (said["hash"], said["previous_hash"], said["data"]) == (stored.hash, stored.previous_hash, {"n": 1})
    assert auditor.get("changes/999999").status_code == 404
    unhashed = {name: value for name, value in said.items() if name != "hash"}
    assert sha256(rfc8785.dumps(unhashed)).hexdigest() == said["hash"], "anybody can compute it"


def test_a_verdict_says_how_far_the_log_is_good(fleet: Fleet, auditor: Program) -> None:
    said = auditor.get("changes/verdict").json()
    with tenant_context(fleet):
        assert said["records"] == Record.objects.count()
    assert said["whole"] and said["first_bad_record"] is None and "whole" in said["sentence"]


def test_exported_as_lines_and_as_a_table_and_that_is_recorded(fleet: Fleet, auditor: Program) -> None:
    answer = auditor.get("changes/export?verb=tested")
    lines = [json.loads(line) for line in body(answer).splitlines()]
    assert [one["data"]["n"] for one in lines if one.get("verb") == "tested"] == [1, 2, 3, 4, 5]
    assert answer["Content-Type"] == "application/x-ndjson"
    zipped = auditor.get("changes/export?verb=tested&format=csv")
    with ZipFile(io.BytesIO(body(zipped))) as archive:
        assert archive.read("changes.csv").count(b"thing:") >= 5
    assert zipped["Content-Type"] == "application/zip"
    assert auditor.get("changes/export?format=xml").status_code == 422
    with tenant_context(fleet):
        exports = Record.objects.filter(verb="change log exported").order_by("sequence")
        assert [one.actor for one in exports] == ["auditor-alpha"] * 2
        assert all(one.data["through"].startswith("token:") for one in exports)


@pytest.mark.parametrize("rest", ["changes", "changes/1", "changes/verdict", "changes/export"])
def test_who_may_not_read_it_reads_nothing(fleet: Fleet, program: MakeProgram, rest: str) -> None:
    for caller in (program("viewer"), program("auditor", scopes=["observe"])):
        answer = caller.get(rest)
        assert answer.status_code == 403 and "Read and export the change log" in answer.json()["detail"]
    assert program("auditor").post(rest).status_code == 405


def test_times_without_an_offset_are_utc(fleet: Fleet, auditor: Program) -> None:
    now = timezone.now().replace(tzinfo=None).isoformat()
    assert auditor.get(f"changes?verb=tested&until={now}").json()["changes"]
    assert not auditor.get(f"changes?verb=tested&since={now}").json()["changes"]
