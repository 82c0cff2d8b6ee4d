"""Where a webhook may go: judged by the address that is connected to, however it was written."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from novaops.hooks.delivering import deliver
from novaops.hooks.guard import target
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.problems import AddressRefused
from tests.hooks.conftest import MakeHook, happened
from tests.hooks.receiver import Receiver

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "localhost",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
]
ALLOWED = ["8.8.8.8", "1.1.1.1", "134744072", "[2606:4700::1111]"]


@pytest.fixture(autouse=True)
def _nothing_private(settings: Any, _settings: None) -> None:
    settings.HOOKS_PRIVATE_NETWORKS = []


@pytest.mark.parametrize("host", REFUSED)
def test_what_is_not_on_the_internet_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused, match=r"not on the internet|cannot be resolved"):
        target(f"https://{host}/")


@pytest.mark.parametrize("host", ALLOWED)
def test_the_internet_is_reached(host: str) -> None:
    assert target(f"https://{host}/", only_numbers=True).addresses


@pytest.mark.parametrize(
    "url",
    [
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "gopher://receiver.example/",
        "receiver.example",
        "https://",
        "https://receiver.example:99999/",
        "https://receiver.example:0/",
        "https://ada:secret@receiver.example/",
        "https://receiver.example\\@127.0.0.1/",
        "https://receiver.example/a b",
        "https://receiver.example/\r\nX-Injected: 1",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        target(url, only_numbers=True)


def test_networks_that_the_installation_names_are_reached(settings: Any) -> None:
    settings.HOOKS_PRIVATE_NETWORKS = [ip_network("10.20.0.0/16"), ip_network("fd00::/8")]
    assert target("http://10.20.3.4:8080/x?y=1").addresses == ("10.20.3.4",)
    assert target("http://[::ffff:10.20.3.4]/").addresses and target("http://[fd00::1]/").addresses
    for host in ("10.21.0.1", "127.0.0.1", "[::ffff:10.21.0.1]"):
        with pytest.raises(AddressRefused):
            target(f"http://{host}/")


def test_the_path_is_sent_as_it_was_written() -> None:
    found = target("https://8.8.8.8:8443/ü/a%20b?x=1&y=ä#part")
    assert (found.path, found.port, found.tls) == ("/%C3%BC/a%20b?x=1&y=%C3%A4", 8443, True)


def test_a_name_that_means_something_else_a_moment_later(
    make_hook: MakeHook, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what was judged is connected to, and nobody asks for the name again."""
    settings.HOOKS_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    asked: list[str] = []
    real = socket.getaddrinfo

    def once(host: str, *args: Any, **options: Any) -> Any:
        if host == "receiver.example":
            asked.append(host)
            return real("127.0.0.1" if len(asked) == 1 else "169.254.169.254", *args, **options)
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    hook = make_hook(url=f"http://receiver.example:{receiver.port}/in")
    happened()
    deliver(hook.pk)
    assert asked == ["receiver.example"] and len(receiver.requests) == 1
    assert receiver.requests[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_a_refused_address_is_sent_nothing_and_says_why(hook: Hook, receiver: Receiver) -> None:
    happened()
    deliver(hook.pk)
    assert not receiver.requests
    assert "NOVAOPS_HOOKS_PRIVATE_NETWORKS" in Delivery.objects.get().last_error
