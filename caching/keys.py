"""Keys of both tiers."""

import hashlib
import re

from caching.families import Family

# Memcached takes at most 250 bytes without spaces or control characters.
LONGEST = 200
UNSAFE = re.compile(r"[^\x21-\x7e]")


def l1_key(family: Family, key: str) -> str:
    """`vm:` entries are named `<tenant>:<vm>`, so that no tenant can read another's by guessing an id."""
    return f"{family.prefix}{key}"


def l2_key(family: Family, tenant_id: str, generation: int, key: str) -> str:
    text = f"{family.prefix}{tenant_id}:{generation}:{key}"
    if len(text) <= LONGEST and not UNSAFE.search(text):
        return text
    return f"{family.prefix}{hashlib.blake2b(text.encode(), digest_size=20).hexdigest()}"
