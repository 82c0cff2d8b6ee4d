"""From a request to its outcome, on one worker."""

from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.operations import services, tasks
from novaops.operations.contract import Lock
from novaops.operations.expiry import expire
from novaops.operations.locking import holders, take
from novaops.operations.models import Operation, OperationLock
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.runner import execute
from novaops.operations.waking import wake
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned


def verbs(operation: Operation) -> list[str]:
    records = Record.objects.filter(subject__startswith=operation.subject).order_by("sequence")
    return [record.verb for record in records]


def test_each_step_is_done_once_and_everything_is_recorded(queued: Planned, folder: Path, operator: Person) -> None:
    operation = queued()
    execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.outcome) == ("done", "Wrote third.")
    assert kinds.effects(folder) == ["first", "second", "third"]
    assert [step.status for step in operation.steps.all()] == ["done"] * 3
    assert not OperationLock.objects.exists()
    steps = ["step started", "step done"] * 3
    started = ["operation requested", "operation confirmed", "operation started"]
    assert verbs(operation) == [*started, *steps, "operation done"]
    requested = Record.objects.get(verb="operation requested")
    assert (requested.actor, requested.data["reason"]) == (operator.username, "To see it written.")
    assert requested.data["plan"]["summary"] == "Write three words in blue."


def test_a_transient_problem_is_tried_again_and_a_doubled_message_changes_nothing(
    queued: Planned, folder: Path
) -> None:
    operation = queued(mishap="once")
    execute(operation.pk)
    execute(operation.pk)
    assert kinds.effects(folder) == ["first", "second", "third"]
    assert operation.steps.get(key="second").attempts == 2
    assert "busy" in operation.lines.get().text


@pytest.mark.parametrize(
    ("mishap", "status", "sentence"),
    [
        ("never-works", "failed", "The folder is sealed."),
        ("defect", "errored", "A defect stopped it: ZeroDivisionError: no such word"),
        ("always", "failed", "The folder is busy. Given up after 3 attempts."),
    ],
)
def test_a_refusal_is_not_a_defect(queued: Planned, folder: Path, mishap: str, status: str, sentence: str) -> None:
    operation = queued(mishap=mishap)
    execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.outcome) == (status, sentence)
    assert [step.status for step in operation.steps.all()] == ["done", status, "skipped"]
    assert operation.steps.get(key="second").error == sentence
    assert not OperationLock.objects.exists() and kinds.effects(folder) == ["first"]
    assert verbs(operation)[-2:] == [f"step {status}", f"operation {status}"]


def test_a_plan_whose_facts_changed_is_stale_and_says_what_changed(queued: Planned, folder: Path) -> None:
    operation = queued()
    kinds.prepare(folder, colour="red")
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "stale" and "colour: blue when it was planned, red now" in operation.outcome
    assert not kinds.effects(folder) and not OperationLock.objects.exists()


def test_a_failed_check_refuses_the_plan(planned: Planned, folder: Path, operator: Person) -> None:
    kinds.prepare(folder, blocked=True)
    operation = planned()
    assert operation.status == "refused" and verbs(operation)[-1] == "operation refused"
    with pytest.raises(Refused, match="only a planned one"):
        services.confirm(operation, operator, operation.plan.confirm)


def test_what_holds_a_lock_is_named_at_planning_and_at_execution(
    queued: Planned, planned: Planned, folder: Path
) -> None:
    waiting, holder = queued(), queued()
    OperationLock.objects.create(scope="shard", name="shard-1", operation=holder)
    refused = planned()
    assert refused.status == "refused" and f"shard:shard-1 is held by operation {holder.pk}" in refused.outcome
    assert refused.plan.checks[0].evidence["operation"] == holder.pk
    execute(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "refused" and f"held by operation {holder.pk}" in waiting.outcome
    assert OperationLock.objects.get().operation == holder and not kinds.effects(folder)


def test_shared_locks_exclude_only_what_is_not_shared(queued: Planned) -> None:
    first, second, alone = queued(), queued(), queued()
    shared, exclusive = Lock("shard", "shard-1", shared=True), Lock("shard", "shard-1")
    for operation, lock in ((first, shared), (second, shared), (alone, exclusive)):
        operation.locks = [lock.stored]
        assert operation.wanted_locks == (lock,) and operation.targets == ["shard:shard-1"]
    assert take(first) == take(second) == take(first) == []
    assert {holder.operation_id for holder in take(alone)} == {first.pk, second.pk}
    assert not holders([shared]) and len(holders([exclusive])) == 2
    OperationLock.objects.all().delete()
    assert take(alone) == [] and [holder.operation_id for holder in take(first)] == [alone.pk]


def test_the_database_decides_who_shares(queued: Planned) -> None:
    first, second = queued(), queued()
    OperationLock.objects.create(scope="shard", name="shard-1", shared=True, operation=first)
    with pytest.raises(IntegrityError, match="shared_or_exclusive"), transaction.atomic():
        OperationLock.objects.create(scope="shard", name="shard-1", operation=second)


def test_the_phrase_has_to_be_typed(planned: Planned, operator: Person) -> None:
    operation = planned()
    with pytest.raises(Refused, match="Type exactly “shard-1 blue”"):
        services.confirm(operation, operator, "shard-1 green")
    assert verbs(operation)[-1] == "operation refused"
    assert services.confirm(operation, operator, " shard-1  blue ").status == "queued"


def test_a_plan_expires(planned: Planned, operator: Person) -> None:
    operation = planned()
    Operation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused, match="expired"):
        services.confirm(operation, operator, operation.plan.confirm)
    assert expire() == 1 and expire() == 0
    operation.refresh_from_db()
    assert operation.status == "expired" and Record.objects.latest("sequence").actor_kind == "automatic"


def test_what_has_not_begun_is_cancelled_at_once(queued: Planned, operator: Person, folder: Path) -> None:
    operation = services.cancel(queued(), operator)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "cancelled" and not kinds.effects(folder)
    with pytest.raises(Refused, match="cancelled already"):
        services.cancel(operation, operator)


def test_whoever_lacks_the_right_is_refused_and_that_is_recorded(
    in_fleet: Fleet, person: MakePerson, planned: Planned, folder: Path
) -> None:
    viewer, operation = person("viewer"), planned()
    with pytest.raises(NotAllowed):
        services.request("writing", {"folder": str(folder)}, viewer, "Because.")
    with pytest.raises(NotAllowed):
        services.confirm(operation, viewer, operation.plan.confirm)
    with pytest.raises(NotAllowed):
        services.cancel(operation, viewer)
    refusals = Record.objects.filter(verb="operation refused", actor=viewer.username)
    assert refusals.count() == 3 and "Flush and warm caches" in refusals[0].outcome


def test_a_request_that_cannot_be_understood_says_what_is_wrong(
    in_fleet: Fleet, operator: Person, folder: Path
) -> None:
    with pytest.raises(Invalid) as wrong:
        services.request("writing", {"mishap": "flood"}, operator, "Because.")
    assert set(wrong.value.fields) == {"folder", "mishap"}
    with pytest.raises(Invalid, match="Say why"):
        services.request("writing", {"folder": str(folder)}, operator, "  ")
    with pytest.raises(Invalid, match="There are: drastic, guarded, lending, writing"):
        services.request("reading", {}, operator, "Because.")


def test_a_lost_message_is_made_up_for(
    queued: Planned, in_fleet: Fleet, other_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = queued()
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks, "wake", lambda fleet, number: told.append((fleet, number)))
    tasks.look_again()
    tasks.look_again()
    assert told == [(in_fleet.slug, operation.pk)], "told once, and again only after a while"
    tasks.run(other_fleet.slug, operation.pk)
    operation.refresh_from_db()
    assert operation.status == "queued", "a task of another fleet does not touch it"
    tasks.run(in_fleet.slug, operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done"


def test_a_broker_that_is_away_holds_nobody_up(in_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    assert wake(in_fleet.slug, 1) is False
