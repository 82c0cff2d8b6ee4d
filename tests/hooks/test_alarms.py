"""A change log that is not what was written: whoever finds it, hooks are told, once."""

import json
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from novaops.audit import keeping, verification
from novaops.audit.models import Record
from novaops.audit.signing import Key
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from tests.audit import conftest as of_audit
from tests.audit.conftest import tamper, write
from tests.hooks.conftest import MakeHook
from tests.hooks.receiver import Receiver

key, outside = of_audit.key, of_audit.outside
ALTERED = "UPDATE audit_record SET outcome = 'never' WHERE verb = 'counted'"
AS_BEFORE = "UPDATE audit_record SET outcome = 'It is 0.' WHERE verb = 'counted'"


@pytest.fixture
def told(as_control_owner: None, make_hook: MakeHook) -> Hook:
    """Of the change log alone."""
    return make_hook(events=("changelog.broken", "changelog.whole"))


def events(hook: Hook, receiver: Receiver) -> list[tuple[str, str]]:
    deliver(hook.pk)
    said = [json.loads(one.body) for one in receiver.requests]
    return [(one["type"], one["data"]["record"]["actor"]) for one in said]


def test_found_when_a_checkpoint_is_due(
    told: Hook, key: Key, outside: Path, receiver: Receiver, settings: Settings
) -> None:
    write(1)
    keeping.keep(timezone.now())
    write(1)
    tamper(ALTERED)
    settings.CHECKPOINT_RECORDS = 1
    keeping.keep(timezone.now())
    keeping.keep(timezone.now())
    assert events(told, receiver) == [("changelog.broken", "checkpoints")]
    verification.look_again()
    assert Record.objects.filter(verb="change log found altered").count() == 1, "the verification says nothing new"
    assert "was altered" in json.loads(receiver.requests[0].body)["data"]["record"]["outcome"]


def test_found_by_the_verification_and_whole_again(told: Hook, receiver: Receiver, settings: Settings) -> None:
    settings.VERIFY_MINUTES = 0
    write(1)
    verification.look_again()
    assert not Delivery.objects.exists()
    for statement in (ALTERED, AS_BEFORE):
        tamper(statement)
        verification.look_again()
        verification.look_again()
    expected = [("changelog.broken", "verification"), ("changelog.whole", "verification")]
    assert events(told, receiver) == expected
