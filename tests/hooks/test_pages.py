"""The browser's side: what is shown to whom, and what the server refuses whatever was shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from tests.hooks.conftest import MakeHook, happened
from tests.hooks.receiver import Receiver

ClientAs = Callable[..., Client]
BASE = "/fleets/alpha/hooks/"
ACTS = ("enable", "disable", "delete", "test", "renew-secret")
FILLED = {"name": "pager", "url": "https://8.8.8.8/in?token=s3cret", "events": ["operation.done", "operation.failed"]}


def test_from_the_form_to_a_delivery(fleet: Fleet, receiver: Receiver, client_as: ClientAs, in_fleet: Fleet) -> None:
    client = client_as("admin")
    assert "Nobody is told yet" in client.get(BASE).text
    form = client.get(f"{BASE}new/webhook").text
    assert 'value="operation.done"' in form and 'name="mail_to"' not in form
    answer = client.post(f"{BASE}new/webhook", {**FILLED, "url": receiver.url})
    assert answer.status_code == 200 and "whsec_" in answer.text and "no-store" in answer["Cache-Control"]
    with tenant_context(in_fleet):
        hook = Hook.objects.get()
    page = f"{BASE}{hook.pk}/"
    assert "whsec_" not in client.get(page).text and receiver.url in client.get(page).text
    client.post(f"{page}test")
    with tenant_context(in_fleet):
        deliver(hook.pk)
        delivery = Delivery.objects.get()
    assert "Delivering" in client.get(page).text and "Delivered" in client.get(page).text
    shown = client.get(f"{BASE}deliveries/{delivery.pk}/").text
    assert delivery.message_id in shown and "hook.test" in shown and "Send again" in shown
    client.post(f"{BASE}deliveries/{delivery.pk}/again")
    with tenant_context(in_fleet):
        assert Delivery.objects.get().status == "pending"
    assert "Send again" not in client.get(f"{BASE}deliveries/{delivery.pk}/").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "https://127.1/"}, "not on the internet"),
        ({"url": "ftp://x.example/"}, "must begin with https://"),
        ({"url": "https://ada:pw@x.example/"}, "must not hold a login"),
        ({"events": []}, "required"),
        ({"events": ["nothing"]}, "not one of the available choices"),
        ({"risks": ["none"]}, "not one of the available choices"),
        ({"name": "  "}, "required"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    fleet: Fleet, client_as: ClientAs, settings: Any, wrong: dict[str, Any], sentence: str
) -> None:
    settings.HOOKS_PRIVATE_NETWORKS = []
    answer = client_as("admin").post(f"{BASE}new/webhook", {**FILLED, **wrong})
    assert answer.status_code == 422 and sentence in answer.text and answer.text.count("field-error") == 1
    with tenant_context(fleet):
        assert not Hook.objects.exists()


def test_a_name_that_is_taken_is_a_sentence(hook: Hook, client_as: ClientAs) -> None:
    answer = client_as("admin").post(f"{BASE}new/webhook", FILLED)
    assert answer.status_code == 422 and "There is a hook named “pager” already." in answer.text


def test_e_mail_needs_a_mail_server(fleet: Fleet, client_as: ClientAs, settings: Any) -> None:
    client, filled = client_as("admin"), {"name": "mail", "events": ["operation.done"], "mail_to": "ann@example.org"}
    assert "names no mail server" in client.get(BASE).text
    assert "No mail server is configured" in client.get(f"{BASE}new/email").text
    assert client.post(f"{BASE}new/email", filled).status_code == 422
    settings.EMAIL_CONFIGURED, settings.DEFAULT_FROM_EMAIL = True, "novaops@example.org"
    assert "names no mail server" not in client.get(BASE).text
    wrong = client.post(f"{BASE}new/email", {**filled, "mail_to": "ann@example.org, bob\r\nBcc: eve@example.org"})
    assert wrong.status_code == 422 and "“bob” is no e-mail address" in wrong.text
    made = client.post(f"{BASE}new/email", {**filled, "mail_to": "ann@example.org,\nbob@example.org"}, follow=True)
    assert "ann@example.org, bob@example.org" in made.text and "Renew the secret" not in made.text


def test_change_disable_enable_delete(hook: Hook, client_as: ClientAs, in_fleet: Fleet, receiver: Receiver) -> None:
    client, page = client_as("admin"), f"{BASE}{hook.pk}/"
    assert receiver.url in client.get(f"{page}edit").text
    client.post(f"{page}edit", {**FILLED, "name": "renamed", "risks": ["high"]})
    assert "renamed" in client.get(page).text and "Delete with" not in client.get(page).text
    assert "Disable the hook first" in client.post(f"{page}delete", follow=True).text
    assert "Its history stays" in client.post(f"{page}disable", follow=True).text
    assert "admin-alpha disabled the hook." in client.get(page).text
    assert "is enabled" in client.post(f"{page}enable", follow=True).text
    assert "whsec_" in client.post(f"{page}renew-secret").text
    client.post(f"{page}disable")
    assert "is deleted with its deliveries" in client.post(f"{page}delete", follow=True).text
    assert client.get(page).status_code == 404
    with tenant_context(in_fleet):
        assert Record.objects.filter(verb="setting changed", subject__startswith="setting:hooks/").count() == 7


@pytest.mark.parametrize("role", ["viewer", "operator", "on-call", "approver", "auditor"])
def test_without_the_right_there_is_no_control_and_the_server_refuses(
    hook: Hook, client_as: ClientAs, in_fleet: Fleet, role: str
) -> None:
    happened()
    with tenant_context(in_fleet):
        delivery = Delivery.objects.get()
    client = client_as(role)
    listed = client.get(BASE)
    assert listed.status_code == 200 and "New webhook" not in listed.text and "s3cret" not in listed.text
    page = client.get(f"{BASE}{hook.pk}/")
    if role == "viewer":
        assert page.status_code == client.get(f"{BASE}deliveries/{delivery.pk}/").status_code == 403
    else:
        told = page.text + client.get(f"{BASE}deliveries/{delivery.pk}/").text
        assert "Send a test" not in told and "Send again" not in told and "s3cret" not in told
    assert client.get(f"{BASE}new/webhook").status_code == client.get(f"{BASE}{hook.pk}/edit").status_code == 403
    addresses = [f"new/{sort}" for sort in ("webhook", "email")] + [f"{hook.pk}/{act}" for act in (*ACTS, "edit")]
    for address in (*addresses, f"deliveries/{delivery.pk}/again"):
        assert client.post(f"{BASE}{address}", FILLED).status_code == 403, address
    with tenant_context(in_fleet):
        assert Hook.objects.get().enabled and Delivery.objects.count() == 1


def test_only_posts_change_anything(hook: Hook, client_as: ClientAs, in_fleet: Fleet) -> None:
    happened()
    with tenant_context(in_fleet):
        delivery = Delivery.objects.get()
    client = client_as("admin")
    for address in (*(f"{hook.pk}/{act}" for act in ACTS), f"deliveries/{delivery.pk}/again"):
        assert client.get(f"{BASE}{address}").status_code == 405, address


def test_another_fleet_sees_nothing_of_it(hook: Hook, other_fleet: Fleet, client_as: ClientAs) -> None:
    stranger = client_as("admin", fleet=other_fleet)
    assert stranger.get(BASE).status_code == 404
    assert "pager" not in stranger.get("/fleets/beta/hooks/").text
    for act in ("", "edit"):
        assert stranger.get(f"/fleets/beta/hooks/{hook.pk}/{act}").status_code == 404
    for act in ACTS:
        assert stranger.post(f"/fleets/beta/hooks/{hook.pk}/{act}").status_code == 404


def test_more_hooks_and_deliveries_do_not_mean_more_queries(
    make_hook: MakeHook,
    in_fleet: Fleet,
    client_as: ClientAs,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(4):
        hook = make_hook(name=f"hook-{number}")
    for number in range(6):
        happened(number=number)
    client = client_as("auditor")
    with django_assert_max_num_queries(10):
        assert client.get(BASE).text.count("hook-") >= 4
    with django_assert_max_num_queries(12):
        assert client.get(f"{BASE}{hook.pk}/").text.count("operation:") == 6


def test_a_failing_hook_says_why(hook: Hook, receiver: Receiver, client_as: ClientAs) -> None:
    receiver.answers.append(503)
    happened()
    deliver(hook.pk)
    page = client_as("auditor").get(f"{BASE}{hook.pk}/").text
    assert "The receiver fails" in page and "503 Service Unavailable" in page and "1 waiting." in page
