"""A deliverer process for the tests: `python -m tests.hooks.deliverer SLUG HOOK before|while FILE`. With "before" it
hangs between the claim and the sending, and says so by making the file."""

import sys
import threading
from pathlib import Path
from typing import Any

import django

django.setup()

from django_tenants.utils import tenant_context  # noqa: E402

from novaops.fleets.models import Fleet  # noqa: E402
from novaops.hooks import webhooks  # noqa: E402
from novaops.hooks.delivering import deliver  # noqa: E402

if __name__ == "__main__":
    slug, hook, moment, file = sys.argv[1:]

    def hang(*args: Any) -> None:
        Path(file).touch()
        threading.Event().wait()

    if moment == "before":
        setattr(webhooks, "target", hang)  # noqa: B010
    with tenant_context(Fleet.objects.get(slug=slug)):
        deliver(int(hook))
