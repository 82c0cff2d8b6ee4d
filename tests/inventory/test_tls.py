"""TLS in a fleet file: its files are found from anywhere, looked into at import, and written out again."""

from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory import selectors
from novaops.inventory.export import export
from novaops.inventory.problems import FleetFileProblem
from novaops.inventory.reading import parse, read
from novaops.inventory.services import import_fleet
from novaops.inventory.tls import TlsFiles, tls_of
from tests.certificates import authority
from tests.inventory.fleet_files import TEXT

PLAIN = 'alpha-redis, address: "127.0.0.1:1"'


def written(folder: Path, more: str) -> Path:
    file = folder / "fleet.yml"
    file.write_text(TEXT.replace(PLAIN, f"{PLAIN}, {more}"))
    return file


def test_paths_are_relative_to_the_file_and_exported_whole(fleet: Fleet, tmp_path: Path) -> None:
    mine = authority(tmp_path / "ca").sign("client")
    ca, certificate, key = tmp_path / "ca/ca.pem", mine.certificate, mine.key
    files = "tls: true, ca_file: ca/ca.pem, cert_file: ca/client.pem, key_file: ca/client.key, check_names: false"
    file = read(written(tmp_path, files))
    import_fleet(file, tmp_path)
    with tenant_context(fleet):
        target = selectors.target("redis", "alpha-redis")
        assert tls_of(target.options) == TlsFiles(str(ca), str(certificate), str(key), check_names=False)
        assert parse(export(fleet)).redis == file.redis


def test_a_file_that_is_not_there_or_none(tmp_path: Path) -> None:
    with pytest.raises(FleetFileProblem) as problem:
        read(written(tmp_path, "tls: true, ca_file: ca.pem"))
    assert problem.value.sentences == (f"redis[0]: {tmp_path}/ca.pem cannot be read here (no such file or directory).",)
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(FleetFileProblem, match=r"redis\[0\]: No certificate, or no key that fits it: .*ca.pem"):
        read(written(tmp_path, "tls: true, ca_file: ca.pem"))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("ca_file: ca.pem", "ca_file, cert_file, key_file and check_names are for TLS: add tls: true"),
        ("tls: true, key_file: my.key", "key_file is the key of a cert_file, which is missing"),
    ],
)
def test_fields_that_do_not_fit_together(tmp_path: Path, more: str, sentence: str) -> None:
    with pytest.raises(FleetFileProblem) as problem:
        read(written(tmp_path, more))
    assert problem.value.sentences == (f"redis[0]: {sentence}",)
