"""The fleet file, the environment and the secrets that they name."""

import stat
from pathlib import Path

import yaml

from novaops.sandbox import environment, fleet_file, passwords
from novaops.sandbox.account import Account
from novaops.sandbox.binaries import Binaries
from novaops.sandbox.layout import Layout
from novaops.sandbox.site import Site


def site(state: Path) -> Site:
    return Site(Layout(state), Binaries(Path("/usr/bin"), 15, False, {}), Account(0, 0))


def test_the_fleet_file_names_every_server_and_no_password(tmp_path: Path) -> None:
    here = site(tmp_path)
    secret = here.secret("novaops")
    fleet_file.write(here.layout)
    text = here.layout.fleet_file.read_text()
    found = yaml.safe_load(text)
    assert secret not in text
    assert (tmp_path / found["credentials"]["postgres"]["password"]["file"]).read_text().strip() == secret
    assert [len(shard["members"]) for shard in found["shards"]] == [3, 3]
    assert [len(found[kind]) for kind in ("etcd", "redis", "memcached", "nats")] == [1, 6, 3, 1]


def test_the_fleet_file_names_all_of_an_etcd_cluster() -> None:
    etcds = fleet_file.document(Layout(Path("/state"), etcd_count=3))["etcd"]
    assert [one["name"] for one in etcds] == ["etcd-1", "etcd-2", "etcd-3"]
    assert len({one["url"] for one in etcds}) == 3


def test_the_environment_is_private_and_the_same_at_every_start(tmp_path: Path) -> None:
    here = site(tmp_path)
    first, second = environment.write(here), environment.write(here)
    assert first == second
    assert stat.S_IMODE(here.layout.env_file.stat().st_mode) == 0o600


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = passwords.login_password(tmp_path / "secrets", "login-operator")
    assert passwords.login_password(tmp_path / "secrets", "login-operator") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "login-operator").stat().st_mode) == 0o600
    assert len(first) >= 19
