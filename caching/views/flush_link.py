"""From what somebody looks for to the request of a flush of it."""

from django.utils.http import urlencode

from caching.flush.globs import beginning, says_something
from caching.library.keys import escaped
from novaops.fleets.paths import fleet_path


def flush_link(text: str, tier: str) -> str:
    """The form, filled in with what matches the same keys; empty where that would be every key."""
    if not says_something(text):
        return ""
    start = beginning(text)
    asked = {"scope": "prefix", "text": start} if text == f"{escaped(start)}*" else {"scope": "pattern", "text": text}
    return f"{fleet_path('operation-request', kind='cache-flush')}?{urlencode({**asked, 'tier': tier})}"
