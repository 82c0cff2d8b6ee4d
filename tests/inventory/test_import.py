"""Importing a fleet file: everything or nothing, repeatable, and with passwords that only clients see."""

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory import selectors
from novaops.inventory.export import export
from novaops.inventory.models import Credential, Server, Shard
from novaops.inventory.problems import FleetFileProblem, InventoryProblem
from novaops.inventory.reading import parse
from novaops.inventory.secrets import SecretProblem
from novaops.inventory.services import Imported, import_fleet, reseal_passwords
from novaops.inventory.signals import fleet_imported
from tests.inventory.fleet_files import PASSWORDS, TEXT, fleet_file

HERE = Path()


def _import(text: str = TEXT) -> Imported:
    return import_fleet(parse(text), HERE)[1]


@pytest.fixture
def imported(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet of the file, with the connection on its schema."""
    _import()
    with tenant_context(fleet):
        yield fleet


def test_a_second_import_changes_nothing(fleet: Fleet) -> None:
    first = _import()
    assert (first.made, len(first.added)) == (False, 9)
    assert _import().sentence == "Fleet alpha is registered: nothing changed."


def test_servers_come_as_targets_with_their_own_login(imported: Fleet) -> None:
    member = selectors.target("postgres", "alpha-member-b")
    assert (member.host, member.port, member.shard, member.cluster) == ("::1", 1, "alpha-shard", "alpha-cluster")
    assert (member.login.username, member.login.password) == ("novaops", "s3cret-postgres")
    assert (member.database, member.options) == ("novacron", {"sslmode": "require"})
    assert selectors.target("patroni", "alpha-member-b").url == "http://127.0.0.1:1"
    pool = selectors.pool_of("alpha-shard")
    assert (pool.login.password, pool.options) == ("s3cret-pgbouncer", {"primary": "write", "replica": "read"})
    assert selectors.application_login("alpha-shard").username == "novacron_app"
    assert selectors.target("memcached", "alpha-memcached").login.username == ""
    with pytest.raises(
        InventoryProblem, match=r"There is no PostgreSQL server 'x'\. There: alpha-member-a, alpha-member-b"
    ):
        selectors.target("postgres", "x")


def test_an_address_that_follows_the_leader_is_kept_and_has_the_members_login(fleet: Fleet) -> None:
    text = TEXT.replace("    database: novacron\n", '    database: novacron\n    address: "[::1]:7"\n')
    assert _import(text).after["shard alpha-shard"]["address"] == "[::1]:7"
    with tenant_context(fleet):
        found = selectors.leader_address("alpha-shard")
        assert found and (found.host, found.port, found.login.username) == ("::1", 7, "novaops")
        assert "address: '[::1]:7'" in export(fleet)
    assert "address" not in _import().after["shard alpha-shard"]
    with tenant_context(fleet):
        assert selectors.leader_address("alpha-shard") is None


def test_what_the_file_no_longer_names_is_absent_and_loses_its_password(imported: Fleet) -> None:
    Shard.objects.update(state="draining")
    cut = TEXT.replace('redis: [{name: alpha-redis, address: "127.0.0.1:1"}]', "")
    cut = cut.replace("  redis: {username: default, password: s3cret-redis}\n", "").replace("weight: 100", "weight: 7")
    assert _import(cut).gone == ("redis alpha-redis",)
    with tenant_context(imported):
        gone = Server.objects.get(name="alpha-redis")
        assert (gone.present, gone.credential) == (False, None)
        assert not Credential.objects.filter(name="redis").exists()
        assert not selectors.targets("redis")
        shard = Shard.objects.get()
        assert (shard.weight, shard.state) == (7, "draining"), "the state is not the file's to change"
    assert _import().changed == ("redis alpha-redis",)


def test_a_file_that_cannot_be_used_changes_nothing(fleet: Fleet) -> None:
    text = TEXT.replace("password: s3cret-redis", "password: {env: NOT_THERE}").replace("fleet: alpha", "fleet: gamma")
    with pytest.raises(FleetFileProblem, match="NOT_THERE"):
        _import(text)
    assert not Fleet.objects.filter(slug="gamma").exists()


def test_who_listens_may_refuse_and_then_nothing_was_changed(fleet: Fleet) -> None:
    def refuse(**arguments: Any) -> None:
        raise RuntimeError("no")

    fleet_imported.connect(refuse)
    try:
        with pytest.raises(RuntimeError):
            _import()
    finally:
        fleet_imported.disconnect(refuse)
    with tenant_context(fleet):
        assert not Server.objects.exists()


def test_passwords_are_sealed_at_rest_and_in_no_repr_or_export(imported: Fleet) -> None:
    stored = b"".join(bytes(one.password_encrypted) for one in Credential.objects.all())
    shown = repr(selectors.targets()) + repr(list(Credential.objects.values())) + export(imported)
    for password in PASSWORDS:
        assert password.encode() not in stored
        assert password not in shown


def test_an_export_is_the_same_fleet_again(imported: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    text = export(imported)
    for name, password in zip(("POSTGRES", "APPLICATION", "PATRONI", "PGBOUNCER", "REDIS"), PASSWORDS, strict=True):
        monkeypatch.setenv(f"ALPHA_{name}_PASSWORD", password)
    assert _import(text).sentence == "Fleet alpha is registered: nothing changed."
    assert parse(text).model_copy(update={"credentials": {}}) == fleet_file().model_copy(update={"credentials": {}})


def test_keys_are_rotated_by_putting_a_new_one_first(imported: Fleet, settings: Any) -> None:
    old, new = settings.NOVAOPS_SECRET_KEYS[0], Fernet.generate_key().decode()
    settings.NOVAOPS_SECRET_KEYS = [new, old]
    assert reseal_passwords() == 5
    settings.NOVAOPS_SECRET_KEYS = [new]
    assert selectors.target("redis", "alpha-redis").login.password == "s3cret-redis"
    settings.NOVAOPS_SECRET_KEYS = [old]
    with pytest.raises(SecretProblem, match="sealed with a key that is not in NOVAOPS_SECRET_KEYS"):
        selectors.targets()
    settings.NOVAOPS_SECRET_KEYS = ["short"]
    with pytest.raises(SecretProblem, match="32 bytes"):
        selectors.targets()


def test_the_command_says_of_every_address_whether_it_answers(fleet: Fleet, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        file = tmp_path / "fleet.yml"
        file.write_text(
            TEXT.replace('alpha-redis, address: "127.0.0.1:1"', f'alpha-redis, address: "127.0.0.1:{port}"')
        )
        out = io.StringIO()
        call_command("fleet", "import", str(file), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Fleet alpha is registered: 9 added."
    assert any(line.startswith(f"  redis alpha-redis at 127.0.0.1:{port} answers (") for line in lines)
    assert "  memcached alpha-memcached at 127.0.0.1:1 does not answer: connection refused" in lines
    assert lines[-1].startswith("1 of 9 addresses answered; silent: alpha-member-a, ")


def test_the_command_lists_every_defect(db: None, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yml"
    file.write_text("fleet: alpha\nname: a\nredis: [{}]\n")
    with pytest.raises(
        CommandError, match=r"nothing was changed:\n  redis\[0\].name: is missing\n  redis\[0\].address"
    ):
        call_command("fleet", "import", str(file))
