"""A record's page and the timelines, of real operations: what belongs together is shown together."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit import timelines
from novaops.audit.canonical import Body, digest
from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.audit.stories import story
from novaops.fleets.models import Fleet, Person
from novaops.operations import services
from novaops.operations.models import Recurrence
from novaops.operations.occurrences import take_turn
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned

ClientAs = Callable[..., Client]


@pytest.fixture
def auditor(client_as: ClientAs) -> Client:
    """Signed in before anything happens, so that records are numbered from 2."""
    return client_as("auditor")


def page(client: Client, fleet: Fleet, address: str) -> str:
    answer = client.get(f"/fleets/{fleet.slug}/changes/{address}")
    assert answer.status_code == 200
    return answer.text


def sequence(fleet: Fleet, verb: str, number: int) -> int:
    with tenant_context(fleet):
        found = Record.objects.filter(verb=verb, subject__startswith=f"operation:{number}").first()
        assert found
        return found.sequence


def test_an_operation_is_told_from_its_request_to_its_end(done: int) -> None:
    told = story(done)
    assert (told.state, told.title) == ("done", "Write three words in blue.")
    assert [step.state for step in told.steps] == ["done"] * 3 and told.steps[0].title == "Write first"
    assert told.took is not None and told.end is not None and told.end.verb == "operation done"
    verbs = [one.verb for one in told.records]
    assert verbs[:3] == ["operation requested", "operation confirmed", "operation started"]


def test_what_somebody_was_refused_does_not_end_it(planned: Planned, operator: Person) -> None:
    operation = planned()
    with pytest.raises(Exception, match="Type exactly"):
        services.confirm(operation, operator, "nonsense")
    told = story(operation.pk)
    assert told.records[-1].verb == "operation refused" and told.state == "planned" and told.end is None


def test_what_a_schedule_left_planned_is_told_in_words(
    auditor: Client, planned: Planned, operator: Person, in_fleet: Fleet, folder: Path
) -> None:
    hourly = services.make_recurrence(planned(), operator, "0 * * * *", "UTC", "shard-1 blue")
    Recurrence.objects.update(made_at=timezone.now() - timedelta(hours=2))
    kinds.prepare(folder, colour="red")
    take_turn(hourly.pk)
    left = hourly.occurrences.get()
    told = story(left.pk)
    assert told.state == "planned" and told.left_planned and told.end is None
    text = page(auditor, in_fleet, "timeline/shard/shard-1/")
    assert "Its schedule left it planned: Type exactly “shard-1 red”" in text and "refused" not in text.casefold()
    text = page(auditor, in_fleet, f"{sequence(in_fleet, 'operation left planned', left.pk)}/")
    assert "Its schedule did not confirm it. Type exactly" in text
    with tenant_context(in_fleet):
        services.confirm(left, operator, "shard-1 red")
        assert story(left.pk).left_planned is None and story(left.pk).state == "confirmed"


def test_a_step_shows_how_it_went_wrong(queued: Planned) -> None:
    operation = queued(mishap="never-works")
    execute(operation.pk)
    told = story(operation.pk)
    assert told.state == "failed"
    broken = next(step for step in told.steps if step.state == "failed")
    assert broken.error and not broken.outcome


def test_the_page_of_a_step_shows_its_operation_and_the_plan(auditor: Client, done: int, in_fleet: Fleet) -> None:
    text = page(auditor, in_fleet, f"{sequence(in_fleet, 'step done', done)}/")
    for words in ("Unaltered", f"/operations/{done}/", "Wrote second.", "The plan that was requested", "One folder."):
        assert words in text
    assert text.count('class="is-current"') == 1 and "writing" in text
    assert "/changes/timeline/shard/shard-1/" in text


def test_the_page_of_a_request_shows_its_own_plan(auditor: Client, done: int, in_fleet: Fleet) -> None:
    text = page(auditor, in_fleet, f"{sequence(in_fleet, 'operation requested', done)}/")
    assert "The folder is free." in text and "The plan that was requested" not in text


def test_what_others_said_is_shown_with_their_names(auditor: Client, done: int, in_fleet: Fleet) -> None:
    with tenant_context(in_fleet):
        about = {"kind": "writing", "targets": ["shard:shard-1"]}
        for who, verb, words in (
            ("bea", "operation approved", "Looks right."),
            ("cem", "approval withdrawn", "Wait."),
            ("cem", "operation acknowledged", "It was needed."),
        ):
            record(verb, f"operation:{done}", actor=Actor.schedule(who), outcome=words, data=about)
    text = page(auditor, in_fleet, f"{sequence(in_fleet, 'operation started', done)}/")
    assert "Approvals" in text and text.index("Looks right.") < text.index("Wait.") < text.index("It was needed.")


def test_a_changed_setting_shows_before_and_after(auditor: Client, in_fleet: Fleet) -> None:
    data = {"before": {"high": 1, "low": 0, "who": "<ana>"}, "after": {"high": 2, "low": 0, "who": "<bea>"}}
    with tenant_context(in_fleet):
        entry = record("setting changed", "setting:policy", actor=Actor.automatic("test"), data=data)
    text = page(auditor, in_fleet, f"{entry.sequence}/")
    assert '<del class="mono">1</del>' in text and '<ins class="mono">2</ins>' in text
    assert "1 value stayed" in text and "&lt;ana&gt;" in text and "<ana>" not in text


def test_the_canonical_json_gives_the_hash(auditor: Client, done: int, in_fleet: Fleet) -> None:
    answer = auditor.get(f"/fleets/{in_fleet.slug}/changes/{sequence(in_fleet, 'step done', done)}/record.json")
    said = json.loads(answer.content)
    stated = said.pop("hash")
    assert answer["Content-Type"] == "application/json" and digest(Body(**said)) == stated


@pytest.mark.usefixtures("as_control_owner")
def test_a_record_that_was_altered_says_so(auditor: Client, in_fleet: Fleet) -> None:
    with tenant_context(in_fleet):
        entry = record("tried", "it", actor=Actor.automatic("test"), outcome="So it was.")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_record DISABLE TRIGGER USER")
            cursor.execute("UPDATE audit_record SET outcome = 'Never.' WHERE sequence = %s", [entry.sequence])
    assert "This record is not what was written" in page(auditor, in_fleet, f"{entry.sequence}/")


def test_more_records_of_the_operation_mean_no_more_queries(auditor: Client, done: int, in_fleet: Fleet) -> None:
    address = f"{sequence(in_fleet, 'step done', done)}/"
    page(auditor, in_fleet, address)
    with CaptureQueriesContext(connection) as asked:
        page(auditor, in_fleet, address)
    assert len(asked) <= 14


@pytest.mark.parametrize("thing", ["shard/shard-1", "person/operator-alpha"])
def test_a_timeline_folds_an_operation_to_one_entry(auditor: Client, done: int, in_fleet: Fleet, thing: str) -> None:
    with tenant_context(in_fleet):
        record("leader changed", "shard:shard-1", actor=Actor.automatic("patroni"), outcome="shard-1-b leads.")
        record("leader changed", "shard:shard-10", actor=Actor.automatic("patroni"), outcome="shard-10-b leads.")
    text = page(auditor, in_fleet, f"timeline/{thing}/")
    assert text.count("moment-title") == (2 if thing.startswith("shard") else 1)
    assert text.count(f'href="/fleets/alpha/operations/{done}/"') == 1
    assert "Write three words in blue." in text and "took" in text and "asked for by operator-alpha" in text
    assert "shard-10-b" not in text and ("shard-1-b leads." in text) == thing.startswith("shard")


def test_a_timeline_goes_back_page_by_page(
    auditor: Client,
    done: int,
    queued: Planned,
    in_fleet: Fleet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An operation that goes on over the edge of a page stands on one page alone."""
    second = queued()
    execute(second.pk)
    monkeypatch.setattr(timelines, "AT_ONCE", 4)
    found, address = [], f"/fleets/{in_fleet.slug}/changes/timeline/shard/shard-1/"
    query: str | None = ""
    while query is not None:
        context = auditor.get(address + query).context
        found += [entry.story.number for day in context["days"] for entry in day.entries]
        query = context["older"] or None
    assert found == [second.pk, done]


def test_an_approvers_timeline_shows_what_others_asked_for(
    auditor: Client, done: int, in_fleet: Fleet, person: MakePerson
) -> None:
    bea = person("approver", username="bea")
    with tenant_context(in_fleet):
        record("operation approved", f"operation:{done}", actor=Actor.person(bea), data={"kind": "writing"})
    text = page(auditor, in_fleet, "timeline/person/bea/")
    assert "Write three words in blue." in text and "asked for by operator-alpha" in text


def test_a_name_that_nothing_is_known_of_has_an_empty_timeline(auditor: Client, in_fleet: Fleet) -> None:
    assert "Nothing is recorded about it" in page(auditor, in_fleet, "timeline/tenant/no/body/")


def test_tenants_shards_and_people_lead_to_their_timelines(client_as: ClientAs, in_fleet: Fleet) -> None:
    people = f"/fleets/{in_fleet.slug}/people/"
    assert "/changes/timeline/person/auditor-alpha/" in client_as("auditor").get(people).text
    assert "/changes/" not in client_as("viewer").get(people).text


def test_who_may_not_read_the_change_log_sees_none_of_it(
    done: int, in_fleet: Fleet, other_fleet: Fleet, client_as: ClientAs
) -> None:
    stranger = client_as("auditor", fleet=other_fleet)
    for address in ("1/record.json", "timeline/shard/shard-1/", "access/", "access/export.csv"):
        here = f"/fleets/{in_fleet.slug}/changes/{address}"
        assert client_as("viewer").get(here).status_code == 403
        assert stranger.get(here).status_code == 404
        assert client_as("auditor").post(here).status_code == 405
