"""Random secrets, made once per state folder and kept in files that only their owner can read."""

import base64
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def secret(folder: Path, name: str) -> str:
    """The secret of this name; made at the first call."""
    return _once(folder / name, lambda: secrets.token_hex(20))


def login_password(folder: Path, name: str) -> str:
    """A password that a person can type: four groups of four, about 79 bits."""
    return _once(folder / name, lambda: "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)))


def fernet_key(folder: Path, name: str) -> str:
    """A key for cryptography's Fernet: 32 random bytes in URL-safe base64."""
    return _once(folder / name, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def signing_key(folder: Path, name: str) -> Path:
    """The file of an Ed25519 private key, in PEM."""
    path = folder / name
    _once(path, _signing_key)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


def _signing_key() -> str:
    words = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*words).decode().strip()


_making = threading.Lock()


def _once(path: Path, make: Callable[[], str]) -> str:
    with _making:
        if not path.exists():
            write_private(path, make() + "\n")
    return path.read_text().strip()
