"""The key's file: made once, for its owner alone, and said to be unusable in words that help."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone
from pytest_django.fixtures import Settings

from novaops.audit import signing
from novaops.audit.canonical import canonical
from novaops.audit.signing import Key, KeyProblem


def test_what_it_signs_is_signed_and_nothing_else(key: Key) -> None:
    signature = key.sign(b"words")
    assert signing.is_signed(b"words", signature, key.public)
    assert not signing.is_signed(b"other words", signature, key.public)
    assert not signing.is_signed(b"words", "00", key.public)
    assert not signing.is_signed(b"words", signature, "no key")


def test_a_file_is_for_its_owner_alone_and_never_written_over(tmp_path: Path, key: Key) -> None:
    path = tmp_path / "key.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyProblem, match="Nothing is ever written over"):
        signing.make(path, None, timezone.now())
    assert signing.load(path).public == key.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path, key: Key, mode: int) -> None:
    (tmp_path / "key.pem").chmod(mode)
    with pytest.raises(KeyProblem, match=f"open to others \\(mode {mode:04o}\\): chmod 600"):
        signing.configured()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"BEGIN quietly", "holds no Ed25519 private key"),
        (b"", "holds no Ed25519"),
    ],
)
def test_a_key_that_is_none(tmp_path: Path, settings: Settings, content: bytes | None, words: str) -> None:
    path = tmp_path / "other.pem"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    settings.CHECKPOINT_KEY_FILE = str(path)
    with pytest.raises(KeyProblem, match=words) as problem:
        signing.configured()
    assert "quietly" not in str(problem.value)


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "ec.pem"
    words = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(generate_private_key(SECP256R1()).private_bytes(*words))
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match="another kind than Ed25519"):
        signing.load(path)
    with pytest.raises(KeyProblem, match="Is a directory"):
        signing.load(tmp_path)


def test_an_introduction_counts_only_as_it_was_signed(tmp_path: Path, key: Key) -> None:
    new = signing.make(tmp_path / "new.pem", key, timezone.now())
    assert signing.introduced(new.introduction) == (key.public, new.public)
    beside = signing.introduction_file(tmp_path / "new.pem")
    said = json.loads(beside.read_text())
    said["introduction"]["key"] = "f" * 64
    assert signing.introduced(said) is None
    forged = {**said, "signature": new.sign(canonical(said["introduction"]))}
    assert signing.introduced(forged) is None
    assert signing.introduced(None) is None and signing.introduced({"introduction": 7}) is None
