"""The secrets that webhooks are signed with: made, sealed, replaced. Each is shown once, to whoever made it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from novaops.hooks.choices import Sort
from novaops.hooks.models import Hook
from novaops.hooks.signing import make_secret
from novaops.inventory.secrets import open_, reseal, seal

OLD_KEY_LIVES = timedelta(hours=24)


def give_secret(hook: Hook) -> str:
    """Puts a new secret into the hook, unsaved, and returns its text; the one before it also signs for a day."""
    if hook.sort != Sort.WEBHOOK:
        return ""
    secret, now = make_secret(), timezone.now()
    if hook.secret_encrypted:
        hook.old_secret_encrypted, hook.old_secret_until = hook.secret_encrypted, now + OLD_KEY_LIVES
    hook.secret_encrypted, hook.secret_since = seal(secret), now
    return secret


def secrets_of(hook: Hook) -> list[str]:
    """The newest first. SecretProblem when they were sealed with a key that is not here."""
    found = [hook.secret_encrypted]
    if hook.old_secret_until and hook.old_secret_until > timezone.now():
        found.append(hook.old_secret_encrypted)
    return [open_(sealed) for sealed in found]


def reseal_secrets(sender: object, **rest: object) -> int:
    """Brings this fleet's secrets under the newest key of the installation; how many there are."""
    count = 0
    with transaction.atomic():
        for hook in Hook.objects.select_for_update(no_key=True).exclude(secret_encrypted=b""):
            hook.secret_encrypted = reseal(hook.secret_encrypted)
            hook.old_secret_encrypted = reseal(hook.old_secret_encrypted)
            hook.save(update_fields=["secret_encrypted", "old_secret_encrypted"])
            count += 1 + bool(hook.old_secret_encrypted)
    return count
