"""What stands in the outbox after a record: in its transaction, one statement, and only what somebody wants."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Person
from novaops.hooks import outbox, services
from novaops.hooks.models import Delivery, Hook
from novaops.operations.models import Operation
from tests.hooks.conftest import MakeHook, happened


def waiting() -> list[tuple[str, str, int]]:
    rows = Delivery.objects.order_by("pk").values_list("hook__name", "event", "sequence")
    return [(name, event, sequence) for name, event, sequence in rows]


def test_each_hook_that_wants_it_is_told_of_a_record(make_hook: MakeHook) -> None:
    make_hook(name="one")
    make_hook(name="other", events=("operation.done",))
    started, done = happened("operation started"), happened()
    happened("step done")
    happened("operation paused")
    assert waiting() == [
        ("one", "operation.started", started.sequence),
        ("one", "operation.done", done.sequence),
        ("other", "operation.done", done.sequence),
    ]


def test_a_record_that_is_taken_back_was_never_told(hook: Hook) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        happened()
        assert waiting()
        raise ZeroDivisionError
    assert not waiting()


def test_one_statement_beside_the_append_and_none_for_what_nobody_wants(make_hook: MakeHook) -> None:
    for name in ("one", "two", "three"):
        make_hook(name=name)
    happened("operation started")
    with CaptureQueriesContext(connection) as queries:
        happened()
    assert sum("hooks_" in one["sql"] for one in queries.captured_queries) == 1
    with CaptureQueriesContext(connection) as queries:
        happened("operation paused")
        happened("step started")
    assert not [one for one in queries.captured_queries if "hooks_" in one["sql"]]


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"kinds": ("switchover",)}, True),
        ({"kinds": ("cache-flush",)}, False),
        ({"risks": ("high", "break-glass")}, True),
        ({"risks": ("low",)}, False),
        ({"kinds": ("switchover",), "risks": ("low",)}, False),
    ],
)
def test_filters_by_kind_and_risk(make_hook: MakeHook, filters: dict[str, tuple[str, ...]], told: bool) -> None:
    make_hook(**filters)
    happened()
    assert bool(waiting()) is told


def test_a_record_without_kind_and_risk_has_those_of_its_operation(make_hook: MakeHook) -> None:
    hook = make_hook(kinds=("switchover",), events=("operation.refused",))
    operation = Operation.objects.create(kind="switchover", title="x", risk="high", reason="x")
    record("operation refused", operation.subject, actor=Actor.automatic("test"))
    record("operation refused", "kind:switchover", actor=Actor.automatic("test"))
    record("operation refused", "kind:cache-flush", actor=Actor.automatic("test"))
    assert Delivery.objects.filter(hook=hook).count() == 2


def test_filters_narrow_operations_only(make_hook: MakeHook) -> None:
    make_hook(kinds=("switchover",), events=("sign-in.locked",))
    record("sign-in locked", "person:ada", actor=Actor.automatic("test"))
    assert [event for _, event, _ in waiting()] == ["sign-in.locked"]


def test_what_a_confirmation_led_to(make_hook: MakeHook) -> None:
    make_hook(events=("operation.waiting", "operation.scheduled", "operation.break-glass", "operation.confirmed"))
    for data in ({"approvals_needed": 2}, {"due_at": "2026-11-24"}, {"break_glass": True}, {"approvals_needed": 0}):
        happened("operation confirmed", **data)
    found = [event.partition(".")[2] for _, event, _ in waiting()]
    assert found == ["waiting", "scheduled", "break-glass", "confirmed"]


def test_a_disabled_hook_is_told_nothing(hook: Hook, admin: Person) -> None:
    happened()
    services.disable(hook.pk, admin)
    happened()
    found = Delivery.objects.get()
    assert (found.status, found.last_error) == ("given up", f"{admin.username} disabled the hook.")
    services.enable(hook.pk, admin)
    happened()
    assert Delivery.objects.filter(status="pending").count() == 1


def test_a_hook_that_went_meanwhile_takes_no_record_with_it(hook: Hook) -> None:
    """As another process does it: this one still believes that there is a hook."""
    assert outbox.wanted()
    Hook.objects.all().delete()
    assert happened().sequence and not waiting()


def test_another_fleet_is_told_nothing(hook: Hook, other_fleet: Fleet) -> None:
    with tenant_context(other_fleet):
        happened()
        assert not waiting()
    assert not waiting()
