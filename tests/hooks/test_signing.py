"""The receiver's side: the code that the documentation gives, and what it must not accept."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from novaops.fleets.models import Person
from novaops.hooks import keys, services
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Hook
from novaops.hooks.signing import headers, make_secret, signature
from tests.hooks.conftest import happened
from tests.hooks.receiver import Receiver

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "hooks.md"


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The documentation's own example."""
    code = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)
    found: Callable[..., bool] = names["is_genuine"]
    return found


def test_the_example_of_the_standard() -> None:
    """The vector that the specification's libraries are tested with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_checks_it(hook: Hook, receiver: Receiver, is_genuine: Callable[..., bool]) -> None:
    happened()
    deliver(hook.pk)
    request, secret = receiver.requests[0], hook.told  # type: ignore[attr-defined]
    assert is_genuine(secret, request.headers, request.body)
    assert not is_genuine(make_secret(), request.headers, request.body)
    assert not is_genuine(secret, request.headers, request.body + b" ")
    for name in ("webhook-id", "webhook-timestamp"):
        assert not is_genuine(secret, {**request.headers, name: "1"}, request.body)


def test_while_a_secret_is_renewed_both_are_good(
    hook: Hook, receiver: Receiver, admin: Person, is_genuine: Callable[..., bool]
) -> None:
    new = services.renew_secret(hook.pk, admin)[1]
    happened()
    deliver(hook.pk)
    old: str = hook.told  # type: ignore[attr-defined]
    request = receiver.requests[0]
    assert new != old and len(request.headers["webhook-signature"].split()) == 2
    assert is_genuine(old, request.headers, request.body) and is_genuine(new, request.headers, request.body)
    Hook.objects.update(old_secret_until="2026-01-01T00:00:00Z")
    assert keys.secrets_of(Hook.objects.get()) == [new]


def test_the_headers_are_those_of_the_standard() -> None:
    found = headers([make_secret()], "msg_1", 5, b"{}")
    assert set(found) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
