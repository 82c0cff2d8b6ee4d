"""TLS to a real Redis, and what is said where it fails."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

from caching.clients.redis import RedisNode
from caching.exceptions import NoAnswer
from caching.library.aio.l1 import AsyncL1
from caching.library.exceptions import Unavailable
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.near.near import Near
from caching.library.tiers import Tiers
from caching.library.tls import Tls
from novaops.inventory.models import ServerKind
from novaops.inventory.reaching import reach
from novaops.inventory.rows import Row
from novaops.inventory.targets import Login, Target
from novaops.inventory.tls import TlsFiles, options_of
from tests.certificates import Authority, Signed, authority
from tests.ports import HOST, free_ports
from tests.redis_servers import PASSWORD, Node, form
from tests.waiting import wait_for


@dataclass(frozen=True)
class Secured:
    """`node` asks its clients for no certificate, and speaks TLS alone; it is a cluster of one."""

    node: Node
    ca: Authority
    folder: Path

    @property
    def files(self) -> TlsFiles:
        return TlsFiles(ca_file=str(self.ca.certificate))

    def with_certificate(self, signed: Signed) -> Iterator[Node]:
        yield from running(self.folder, self.ca, signed)


def running(folder: Path, ca: Authority, signed: Signed | None) -> Iterator[Node]:
    port, bus = free_ports(2)
    node = Node(f"own-{port}", port, bus, folder / f"own-{port}", signed, ca.certificate)
    try:
        node.start()
        yield node
    finally:
        node.kill()


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    ca = authority(folder / "ca")
    for node in running(folder, ca, ca.sign("server")):
        form([node])
        yield Secured(node, ca, folder)


def said(node: Node, files: TlsFiles | None, within: float = 60.0) -> str:
    """Its version, or why it does not answer."""
    options = options_of(files) if files else {}
    target = Target(0, "redis", node.name, HOST, node.port, login=Login("", PASSWORD), options=options)
    try:
        return RedisNode(target, within).info().version
    except NoAnswer as problem:
        return str(problem)


def test_whom_the_console_trusts(secured: Secured) -> None:
    node, files, other = secured.node, secured.files, authority(secured.folder / "other")
    assert said(node, files)[0].isdigit()
    wrong = f"Its certificate is not signed by the CA in {other.certificate} ("
    assert said(node, replace(files, ca_file=str(other.certificate))).startswith(wrong)
    assert said(node, TlsFiles()).startswith("Its certificate is not signed by a CA that is trusted here")
    assert said(node, replace(files, ca_file="/nowhere.pem")) == (
        "/nowhere.pem cannot be read here (no such file or directory)."
    )
    assert said(node, None) == ("It closed the connection without an answer. A port that speaks TLS does that too.")
    row = Row(
        ServerKind.REDIS, "own", HOST, node.port, options=options_of(replace(files, ca_file=str(other.certificate)))
    )
    assert reach(row).problem.startswith(wrong) and not reach(replace(row, options=options_of(files))).problem


def test_a_certificate_that_has_expired(secured: Secured) -> None:
    for node in secured.with_certificate(secured.ca.sign("expired", days=-1)):
        assert said(node, secured.files) == "Its certificate has expired."


def test_a_certificate_for_another_name_or_for_clients(secured: Secured) -> None:
    files = secured.files
    for node in secured.with_certificate(secured.ca.sign("named", "DNS:redis.example")):
        assert said(node, files).startswith("Its certificate is for another name (IP address mismatch")
        node.ask("CONFIG", "SET", "tls-auth-clients", "yes")
        nameless = replace(files, check_names=False)
        assert "certificate of its clients" in said(node, nameless)
        mine = secured.ca.sign("client")
        shown = replace(nameless, cert_file=str(mine.certificate), key_file=str(mine.key))
        assert said(node, shown)[0].isdigit()


def test_a_port_without_tls(secured: Secured) -> None:
    for node in running(secured.folder, secured.ca, None):
        assert said(node, secured.files, 1.0) == "No answer within 1 s. It may be a port that does not speak TLS."


def test_applications_read_through_it(secured: Secured) -> None:
    """Threads, the in-process tier, and asyncio."""
    tls, at = Tls(**asdict(secured.files)), [(HOST, secured.node.port)]
    l1 = L1(at, "", PASSWORD, tls)
    near = Near(l1.cluster)
    tiers = Tiers(l1, L2([]), near=near)
    try:
        assert tiers.get_or_compute("vm", "acme", "a", lambda: {"size": "x" * 50_000}) == {"size": "x" * 50_000}
        wait_for(lambda: tiers.get("vm", "acme", "a") and near.reads(), "the entry to be read from the process' memory")
        l1.delete("vm:{acme}:a")
        wait_for(lambda: ("vm", "acme", "a") not in near.entries, "Redis to tell that it is gone")
    finally:
        near.close()
        tiers.close()
    asyncio.run(_by_tasks(AsyncL1(at, "", PASSWORD, tls)))


async def _by_tasks(l1: AsyncL1) -> None:
    """A slow machine may need more than one attempt."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        try:
            assert await l1.set("vm:{acme}:b", b"value", 60) and await l1.read(["vm:{acme}:b"]) == [b"value"]
            break
        except Unavailable:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)
    await l1.close()


def test_an_application_does_not_trust_everybody(secured: Secured) -> None:
    l1 = L1([(HOST, secured.node.port)], "", PASSWORD, Tls())
    with pytest.raises(Unavailable, match="No node of the cluster answers"):
        l1.read(["vm:{acme}:a"])
    tasks = AsyncL1([(HOST, secured.node.port)], "", PASSWORD, Tls())
    with pytest.raises(Unavailable, match="certificate verify failed"):
        asyncio.run(tasks.read(["vm:{acme}:a"]))
