"""Emptying the outbox against a real receiver: signed, tried again, in order, never two at once."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import celery
import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.hooks import guard, services, tasks, waking, webhooks
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.schedule import ATTEMPTS
from novaops.hooks.selectors import ready
from novaops.operations.models import Operation
from tests import control_database
from tests.hooks.conftest import MakeHook, happened, make_due
from tests.hooks.receiver import Receiver, answer
from tests.waiting import wait_for


def only() -> Delivery:
    return Delivery.objects.get()


def test_the_payload_says_what_happened_to_what(hook: Hook, receiver: Receiver) -> None:
    operation = Operation.objects.create(
        kind="switchover",
        title="Switch shard-1 over",
        risk="high",
        reason="Kernel.",
        ticket="OPS-1",
        requested_by_name="ada",
        plan_json={"summary": "x", "blast": {"summary": "y", "targets": ["member:shard-1-b"]}},
        locks=[["shard", "shard-1"]],
        status="done",
    )
    entry = happened("operation started", operation.pk)
    assert not deliver(hook.pk)
    told = json.loads(receiver.requests[0].body)
    assert told["type"] == "operation.started" and told["data"]["fleet"] == {"slug": "alpha", "name": "Alpha fleet"}
    assert told["data"]["operation"] == {
        "number": operation.pk,
        "kind": "switchover",
        "title": "Switch shard-1 over",
        "status": "running",
        "risk": "high",
        "reason": "Kernel.",
        "ticket": "OPS-1",
        "requested_by": "ada",
        "outcome": "So it went.",
        "targets": ["member:shard-1-b", "shard:shard-1"],
        "break_glass": False,
        "link": f"https://console.example/fleets/alpha/operations/{operation.pk}/",
    }
    held = told["data"]["record"]
    assert (held["sequence"], held["hash"]) == (entry.sequence, Record.objects.get(sequence=entry.sequence).hash)
    assert receiver.requests[0].path == "/in?token=s3cret"
    assert (only().status, only().attempts, only().last_status) == ("delivered", 1, 200)


def test_a_failure_is_tried_again_with_the_same_id_and_bytes(hook: Hook, receiver: Receiver) -> None:
    receiver.answers.extend([500, 503])
    happened()
    deliver(hook.pk)
    found = only()
    assert found.status == "pending" and found.next_at > timezone.now() + timedelta(seconds=4)
    assert found.last_error == "The receiver answered 500 Internal Server Error."
    assert not deliver(hook.pk) and len(receiver.requests) == 1
    make_due(hook)
    deliver(hook.pk)
    make_due(hook)
    deliver(hook.pk)
    assert only().status == "delivered" and only().attempts == 3
    assert len(set(receiver.ids)) == 1 and len({request.body for request in receiver.requests}) == 1
    hook.refresh_from_db()
    assert (hook.state, hook.failures, hook.last_error) == ("ok", 0, "")


def test_after_a_day_it_is_given_up_and_can_be_sent_again(hook: Hook, receiver: Receiver, admin: Person) -> None:
    happened()
    for _ in range(ATTEMPTS):
        receiver.answers.append(500)
        make_due(hook)
        deliver(hook.pk)
    assert (only().status, only().attempts) == ("given up", ATTEMPTS)
    services.send_again(only().pk, admin)
    deliver(hook.pk)
    assert only().status == "delivered" and len(set(receiver.ids)) == 1
    assert Record.objects.filter(verb="delivery sent again", actor=admin.username).exists()


def test_gone_disables_the_hook(hook: Hook, receiver: Receiver) -> None:
    receiver.answers.append(410)
    happened("operation started")
    happened()
    deliver(hook.pk)
    hook.refresh_from_db()
    assert not hook.enabled and "410 Gone: it wants nothing more" in hook.disabled_because
    assert {one.status for one in Delivery.objects.all()} == {"given up"} and len(receiver.requests) == 1
    entry = Record.objects.filter(verb="setting changed").latest("sequence")
    assert (entry.actor, entry.actor_kind) == ("hooks", "automatic")
    assert entry.data["before"]["enabled"] and not entry.data["after"]["enabled"]


@pytest.mark.parametrize(("asked", "least", "most"), [("120", 115, 125), ("999999", 3595, 3605), ("nonsense", 4, 7)])
def test_a_receiver_may_ask_for_a_pause(hook: Hook, receiver: Receiver, asked: str, least: int, most: int) -> None:
    receiver.answers.append(answer(429, retry_after=asked))
    happened()
    deliver(hook.pk)
    now = timezone.now()
    hook.refresh_from_db()
    assert timedelta(seconds=least) < only().next_at - now < timedelta(seconds=most)
    assert hook.rests_until and timedelta(seconds=min(least, 3590)) < hook.rests_until - now


def test_a_redirect_is_not_followed(hook: Hook, receiver: Receiver) -> None:
    receiver.answers.append(answer(302, location=receiver.url))
    happened()
    deliver(hook.pk)
    assert len(receiver.requests) == 1 and "redirects are not followed" in only().last_error


def test_nobody_there(hook: Hook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    Hook.objects.update(url=f"http://127.0.0.1:{port}/")
    happened()
    deliver(hook.pk)
    assert only().last_error == f"127.0.0.1:{port} cannot be reached: Connection refused."


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: each one comes in time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    try:
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        return


def test_a_receiver_that_never_ends_is_cut_off(hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TOTAL_SECONDS", 0.5)
    receiver.answers.append(dripping)
    happened()
    deliver(hook.pk)
    assert "did not answer within" in only().last_error and only().status == "pending"


def test_a_receiver_that_hangs_up(hook: Hook, receiver: Receiver) -> None:
    receiver.answers.append(lambda handler: handler.connection.close())
    happened()
    deliver(hook.pk)
    assert "gave no answer" in only().last_error


def test_a_receiver_may_say_what_it_likes(hook: Hook, receiver: Receiver) -> None:
    def babble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 500 a\x00b\x1b[31m\r\n\r\n")

    receiver.answers.append(babble)
    happened()
    deliver(hook.pk)
    assert only().last_error.startswith("The receiver answered 500 a") and "\x00" not in only().last_error


def test_an_event_that_cannot_be_told_is_a_failed_attempt(hook: Hook, receiver: Receiver) -> None:
    """Such as an operation whose plan another version wrote: it keeps no other event from being sent."""
    broken = Operation.objects.create(kind="x", title="x", plan_json={"from": "elsewhere"})
    happened(number=broken.pk)
    other = happened(number=broken.pk + 1)
    deliver(hook.pk)
    found = Delivery.objects.get(sequence__lt=other.sequence)
    assert found.status == "pending" and "NovaOps itself failed" in found.last_error
    Hook.objects.update(rests_until=None)
    deliver(hook.pk)
    assert sequences(receiver) == [other.sequence]


def test_an_answer_counts_whatever_body_follows(hook: Hook, receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 65536)

    receiver.answers.append(endless)
    happened()
    deliver(hook.pk)
    assert only().status == "delivered"


def sequences(receiver: Receiver) -> list[int]:
    return [json.loads(request.body)["data"]["record"]["sequence"] for request in receiver.requests]


def test_in_the_order_of_the_change_log(hook: Hook, receiver: Receiver) -> None:
    told = [happened(verb, number).sequence for number in (1, 2) for verb in ("operation started", "operation done")]
    deliver(hook.pk)
    assert sequences(receiver) == told


def test_what_failed_holds_back_its_own_operation_and_no_other(hook: Hook, receiver: Receiver) -> None:
    first, after, other = happened("operation started", 1), happened("operation done", 1), happened("operation done", 2)
    receiver.answers.append(500)
    deliver(hook.pk)
    Hook.objects.update(rests_until=None)
    deliver(hook.pk)
    assert sequences(receiver) == [first.sequence, other.sequence]
    make_due(hook)
    deliver(hook.pk)
    assert sequences(receiver)[2:] == [first.sequence, after.sequence]


def test_after_some_attempts_it_is_overtaken(hook: Hook, receiver: Receiver) -> None:
    first, after = happened("operation started"), happened("operation done")
    for _ in range(4):
        receiver.answers.append(500)
        make_due(hook)
        deliver(hook.pk)
    Hook.objects.update(rests_until=None)
    deliver(hook.pk)
    assert sequences(receiver)[:5] == [first.sequence] * 4 + [after.sequence]


def test_a_dead_receiver_costs_one_attempt_a_turn(hook: Hook, receiver: Receiver) -> None:
    for number in range(5):
        happened(number=number)
    receiver.answers.append(500)
    deliver(hook.pk)
    assert len(receiver.requests) == 1 and not ready()
    hook.refresh_from_db()
    assert hook.state == "failing"


def test_when_the_receiver_is_back_all_that_waits_is_sent(hook: Hook, receiver: Receiver) -> None:
    receiver.answers.extend([500] * 3)
    told = [happened(number=number).sequence for number in range(3)]
    for _ in range(3):
        Hook.objects.update(rests_until=None)
        deliver(hook.pk)
    assert Delivery.objects.filter(next_at__gt=timezone.now()).count() == 3
    Hook.objects.update(rests_until=None)
    Delivery.objects.filter(sequence=told[1]).update(next_at=timezone.now())
    deliver(hook.pk)
    assert sorted(sequences(receiver)[3:]) == told and not Delivery.objects.filter(status="pending").exists()


def test_a_secret_that_cannot_be_opened_is_a_sentence(hook: Hook, receiver: Receiver) -> None:
    Hook.objects.update(secret_encrypted=b"gibberish")
    happened()
    deliver(hook.pk)
    assert "NOVAOPS_SECRET_KEYS" in only().last_error and not receiver.requests


def test_a_defect_of_ours_is_a_failed_attempt(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(webhooks, "post", broken)
    happened()
    deliver(hook.pk)
    assert "ZeroDivisionError" in only().last_error


def in_threads(fleet: Fleet, count: int, work: Callable[[], object]) -> list[threading.Thread]:
    def inside() -> None:
        try:
            with tenant_context(fleet):
                work()
        finally:
            connection.close()

    threads = [threading.Thread(target=inside) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_send_each_event_once_and_never_at_once(hook: Hook, receiver: Receiver, in_fleet: Fleet) -> None:
    talking, most = 0, 0
    lock = threading.Lock()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        nonlocal talking, most
        with lock:
            talking += 1
            most = max(most, talking)
        time.sleep(0.02)
        with lock:
            talking -= 1
        answer(200)(handler)

    receiver.answers.extend([slow] * 20)
    for number in range(20):
        happened(number=number)
    for _ in range(3):
        for thread in in_threads(in_fleet, 4, lambda: deliver(hook.pk)):
            thread.join()
    assert len(receiver.ids) == len(set(receiver.ids)) == 20 and most == 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_keeps_no_other_hook(make_hook: MakeHook, receiver: Receiver, in_fleet: Fleet) -> None:
    released = threading.Event()

    def stuck(handler: BaseHTTPRequestHandler) -> None:
        released.wait(30)
        answer(200)(handler)

    slow, quick = make_hook(name="slow"), make_hook(name="quick", url=receiver.url.replace("/in", "/quick"))
    receiver.answers.append(stuck)
    happened()
    threads = in_threads(in_fleet, 1, lambda: deliver(slow.pk))
    wait_for(lambda: receiver.requests, "the slow one to be told")
    deliver(quick.pk)
    assert Delivery.objects.get(hook=quick).status == "delivered"
    assert Delivery.objects.get(hook=slow).status == "pending"
    released.set()
    threads[0].join()
    assert Delivery.objects.get(hook=slow).status == "delivered"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_deliverer_that_is_killed_is_followed_by_another(
    hook: Hook, receiver: Receiver, in_fleet: Fleet, settings: Any, tmp_path: Path, moment: str
) -> None:
    """Between the claim and the sending, or before the answer: sent again when the lease ran out, with the same id."""
    released = threading.Event()
    if moment == "while":
        receiver.answers.append(lambda handler: (released.wait(30), None)[1])
    happened()
    told = {
        "NOVAOPS_DATABASE_URL": control_database.url(),
        "NOVAOPS_HOOKS_LEASE_SECONDS": "60",
        "NOVAOPS_HOOKS_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    command = [sys.executable, "-m", "tests.hooks.deliverer", in_fleet.slug, str(hook.pk), moment, str(tmp_path / "x")]
    process = subprocess.Popen(command, env={**os.environ, **told})
    try:
        wait_for(lambda: (tmp_path / "x").exists() or receiver.requests, "the deliverer to have claimed it")
        assert only().attempts == 1 and not deliver(hook.pk), "the lease is the other's"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    Hook.objects.update(lane_until=timezone.now() - timedelta(seconds=1))
    assert ready(), "its lease has run out, as it would with time"
    deliver(hook.pk)
    released.set()
    assert (only().status, only().attempts) == ("delivered", 2)
    assert len(receiver.ids) == (2 if moment == "while" else 1) and set(receiver.ids) == {only().message_id}


def test_who_lost_the_lane_sends_nothing(hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that took so long that another deliverer has the hook by now."""
    real = guard.target

    def slowly(url: str) -> Any:
        Hook.objects.update(lane_until=timezone.now() - timedelta(seconds=1))
        return real(url)

    monkeypatch.setattr(webhooks, "target", slowly)
    happened()
    assert not deliver(hook.pk) and not receiver.requests
    assert (only().status, only().attempts, only().last_error) == ("pending", 1, "")


def test_the_tasks_find_what_is_due(
    hook: Hook, receiver: Receiver, in_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(tasks, "wake", lambda fleet, hooks: woken.extend((fleet, one) for one in hooks))
    happened()
    tasks.look_again()
    assert woken == [(in_fleet.slug, hook.pk)]
    tasks.deliver_to(in_fleet.slug, hook.pk)
    tasks.deliver_to("nobody", hook.pk)
    with tenant_context(in_fleet):
        assert only().status == "delivered" and not ready()


def test_when_the_broker_is_away_nobody_waits_for_it_twice(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    asked = []

    def refuse() -> None:
        asked.append(1)
        raise ConnectionRefusedError

    monkeypatch.setitem(waking._let_be, "until", 0.0)
    monkeypatch.setattr(celery.current_app, "connection_for_write", refuse)
    assert not waking.wake("alpha", [1]) and not waking.wake("alpha", [1])
    assert asked == [1]
