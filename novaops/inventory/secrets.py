"""Passwords at rest: the one place where they turn from text into bytes and back."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from novaops.inventory.problems import InventoryProblem


class SecretProblem(InventoryProblem):
    """The keys are missing, malformed, or not those that a password was sealed with."""


def seal(text: str) -> bytes:
    """Encrypted with the newest key. An empty password needs no key."""
    return _keys().encrypt(text.encode()) if text else b""


def open_(sealed: bytes | memoryview) -> str:
    """The password's text, by any of the keys."""
    token = bytes(sealed)
    if not token:
        return ""
    try:
        return _keys().decrypt(token).decode()
    except InvalidToken:
        raise SecretProblem(
            "A stored password was sealed with a key that is not in NOVAOPS_SECRET_KEYS: "
            "add that key, or import the fleet file again."
        ) from None


def reseal(sealed: bytes | memoryview) -> bytes:
    """The same password under the newest key."""
    return seal(open_(sealed))


def _keys() -> MultiFernet:
    keys = settings.NOVAOPS_SECRET_KEYS
    if not keys:
        raise SecretProblem("NOVAOPS_SECRET_KEYS is not set: it encrypts the fleets' passwords.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise SecretProblem(
            "NOVAOPS_SECRET_KEYS holds a key that is not 32 bytes in URL-safe base64; "
            "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'` makes one."
        ) from None
