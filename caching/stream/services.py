"""Changing the one setting of the change stream. Inside a fleet."""

from django.db import transaction

from caching.stream.giving_up import most_wal_bytes
from caching.stream.models import StreamSettings
from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.ui.formats import human_bytes


def set_bound(most: int, by: Person) -> bool:
    """False when it is so already."""
    with transaction.atomic():
        before = most_wal_bytes()
        if before == most:
            return False
        row = StreamSettings.objects.select_for_update().first() or StreamSettings()
        row.most_wal_bytes = most
        row.save()
        outcome = f"A slot of the change stream may hold {human_bytes(most)} of WAL, no longer {human_bytes(before)}."
        data = {"before": {"most_wal_bytes": before}, "after": {"most_wal_bytes": most}}
        record("setting changed", "setting:change-stream", actor=Actor.person(by), outcome=outcome, data=data)
    return True
