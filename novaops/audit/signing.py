"""The key that signs checkpoints: Ed25519, in a file outside the database that only its owner reads.

A public key is written as 64 hex digits and is its own name: what it signed names it, nothing has to be looked up."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from novaops.audit.canonical import canonical, instant

NO_KEY = (
    "No key signs the checkpoints: NOVAOPS_CHECKPOINT_KEY_FILE is not set. Until it is, somebody with the whole "
    "control database can rewrite the change log unseen. `manage.py changelog new-key FILE` makes one."
)
INTRODUCTION = "novaops key introduction"


class KeyProblem(Exception):
    """There is no key to sign with: a sentence that says why, without the key."""


@dataclass(frozen=True, slots=True)
class Key:
    private: Ed25519PrivateKey
    public: str
    introduction: dict[str, Any] | None = None
    """What the key before this one signed about it."""

    def sign(self, statement: bytes) -> str:
        """128 hex digits."""
        return self.private.sign(statement).hex()

    @property
    def public_pem(self) -> str:
        return pem_of(self.public)


def configured() -> Key:
    """The key of this installation. KeyProblem when there is none, or when others could read it too."""
    path: str = settings.CHECKPOINT_KEY_FILE
    if not path:
        raise KeyProblem(NO_KEY)
    return load(Path(path))


def load(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            _require_private(path, os.fstat(file.fileno()))
            private = load_pem_private_key(file.read(), password=None)
        beside = introduction_file(path)
        introduction = json.loads(beside.read_text()) if beside.exists() else None
    except OSError as error:
        raise KeyProblem(f"The key file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyProblem(f"The key file {path} holds no Ed25519 private key in PEM without a passphrase.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyProblem(f"The key file {path} holds a key of another kind than Ed25519.")
    return Key(private, _public(private), introduction)


def make(path: Path, introducer: Key | None, now: datetime) -> Key:
    """A new key in a new file; with `introducer`, also what that key says of it, in a file beside it."""
    private = Ed25519PrivateKey.generate()
    _write(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if introducer:
        body = {"type": INTRODUCTION, "version": 1, "key": _public(private), "by": introducer.public}
        statement = {**body, "made_at": instant(now)}
        said = {"introduction": statement, "signature": introducer.sign(canonical(statement))}
        _write(introduction_file(path), json.dumps(said, indent=1).encode() + b"\n")
    return load(path)


def introduction_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.introduction")


def is_signed(statement: bytes, signature: str, by: str) -> bool:
    """Whether `by`, a public key, signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(by)).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def pem_of(public: str) -> str:
    """The public key as the files of other programs hold it."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def introduced(said: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Which key introduces which, (by, new), when the introduction is what that key signed."""
    body = (said or {}).get("introduction")
    if not said or not isinstance(body, dict) or body.get("type") != INTRODUCTION:
        return None
    by, new = str(body.get("by")), str(body.get("key"))
    return (by, new) if is_signed(canonical(body), str(said.get("signature")), by) else None


def _public(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _require_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyProblem(f"The key file {path} is no file.")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyProblem(f"The key file {path} is open to others (mode {mode:04o}): chmod 600, and owned by NovaOps.")
    if found.st_uid not in {os.geteuid(), 0}:
        raise KeyProblem(f"The key file {path} belongs to another user, who could put another key in its place.")


def _write(path: Path, content: bytes) -> None:
    """Only where no file is, on disk when it returns, readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyProblem(f"{path} cannot be made: {error.strerror}. Nothing is ever written over.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
