"""Webhooks over TLS: certificates are verified, for the name in the address."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from novaops.hooks import webhooks
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery
from tests.hooks.conftest import MakeHook, happened
from tests.hooks.receiver import Receiver, receiving


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(lambda plain: context.wrap_socket(plain, server_side=True)) as found:
        yield found


def test_a_certificate_that_is_trusted(
    make_hook: MakeHook, secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    hook = make_hook(url=f"https://127.0.0.1:{secure.port}/in")
    happened()
    deliver(hook.pk)
    assert Delivery.objects.get().status == "delivered" and secure.requests[0].path == "/in"


@pytest.mark.parametrize(("trusted", "host"), [(False, "127.0.0.1"), (True, "localhost")])
def test_a_certificate_that_is_not(
    make_hook: MakeHook,
    secure: Receiver,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: bool,
    host: str,
) -> None:
    """Signed by nobody that is known, or for another name."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    hook = make_hook(url=f"https://{host}:{secure.port}/in")
    happened()
    deliver(hook.pk)
    assert "its certificate is not accepted" in Delivery.objects.get().last_error and not secure.requests


def test_a_handshake_that_never_ends_is_cut_off(make_hook: MakeHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TOTAL_SECONDS", 0.5)
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        talking = listener.accept()[0]
        with talking, contextlib.suppress(OSError):
            talking.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
            while not ended.wait(0.02):
                talking.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        hook = make_hook(url=f"https://127.0.0.1:{listener.getsockname()[1]}/in")
        happened()
        deliver(hook.pk)
        ended.set()
        thread.join()
    assert "did not answer within" in Delivery.objects.get().last_error
