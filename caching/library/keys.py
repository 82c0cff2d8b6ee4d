"""Keys of both tiers: composed and taken apart here and nowhere else.

    L1    vm:{acme}:7f3a              the tenant is the hash tag: what a read needs lies in one slot
          gen:{acme}                  the tenant's generation
          gen:{acme}:results          that of all its query results
          gen:{acme}:vm:7f3a          that of one VM
          lease:{acme}:vm:<generation>:7f3a
          gen-family:vm, gen-shard:shard-1
    L2    agg:{acme}:<generation>:cost

A tenant's name is kept readable; what would end the tag, or what Memcached refuses, is percent-encoded."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from caching.library.families import FAMILIES, Family, Tier

# Memcached takes at most 250 bytes without spaces or control characters.
LONGEST = 240
LONGEST_TENANT = 100
DIGEST = "#"
NO_TENANT = "%"  # which no encoding yields
LEFT_OUT = "gen-left-out"  # beside the families' and shards' numbers: no flush takes it
# The first words of what the library keeps beside entries: generations, leases, counts.
BOOKKEEPING = frozenset({"gen", "gen-family", "gen-shard", LEFT_OUT, "lease", "novaops"})
UNSAFE = re.compile(r"[^\x21-\x7e]")
GENERATION = re.compile(r"[0-9]+")
READABLE = ":@/+,;=!$&'()*"


@dataclass(frozen=True, slots=True)
class KeyParts:
    """`rest` is the key that the application named, or `#` and a digest where it was too long or not plain; of a copy
    of an L1 entry in L2 it begins with the name of the entry's family and a colon. `generation` is empty in L1."""

    family: str
    tenant: str
    rest: str
    generation: str = ""


def l1_key(family: Family, tenant_id: str, key: str) -> str:
    return f"{family.prefix}{tag(tenant_id)}:{key}"


def l2_key(family: Family, tenant_id: str, generation: int, key: str, copy_of: str = "") -> str:
    """`copy_of` names the L1 family whose entry this is a copy of."""
    head = f"{family.prefix}{tag(tenant_id)}:{generation}:{copy_of}{':' if copy_of else ''}"
    if len(head) + len(key) <= LONGEST and not UNSAFE.search(key) and not key.startswith(DIGEST):
        return head + key
    return f"{head}{DIGEST}{_digest(key)}"


def generation_key(tenant_id: str) -> str:
    return f"gen:{tag(tenant_id)}"


def results_key(tenant_id: str) -> str:
    return f"gen:{tag(tenant_id)}:results"


def entry_key(family: Family, tenant_id: str, key: str) -> str:
    return f"gen:{tag(tenant_id)}:{family.name}:{key}"


def lease_key(family: Family, tenant_id: str, generation: int, key: str) -> str:
    return f"lease:{tag(tenant_id)}:{family.name}:{generation}:{key}"


def family_key(name: str) -> str:
    return f"gen-family:{name}"


def shard_key(shard: str) -> str:
    return f"gen-shard:{shard}"


def of_vm(tenant_id: str, vm_id: str) -> tuple[str, str]:
    """The generations that a change of a VM raises."""
    return entry_key(FAMILIES["vm"], tenant_id, vm_id), results_key(tenant_id)


def parse(key: str | bytes) -> KeyParts:
    """Of either tier. A key of another form has its first word as family, no tenant, and all after it as rest."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else key
    family, _, after = text.partition(":")
    if not after.startswith("{") or "}" not in after:
        return KeyParts(family, "", after)
    name, _, rest = after[1:].partition("}")
    words = rest[1:].split(":", 1)
    known = FAMILIES.get(family)
    numbered = known is not None and known.tier is Tier.L2 and len(words) == 2 and bool(GENERATION.fullmatch(words[0]))
    return KeyParts(family, _name(name), words[1] if numbered else rest[1:], words[0] if numbered else "")


def pattern(family: str, tenant: str = "", rest: str = "*") -> str:
    """For SCAN: of one family in L1, of one tenant or all. `rest` is a pattern already."""
    if not tenant and rest == "*":
        return f"{escaped(family)}:*"
    return f"{escaped(family)}:{escaped(tag(tenant)) if tenant else '{*}'}:{rest}"


def escaped(text: str) -> str:
    """A text as a pattern that only it matches."""
    return "".join(f"\\{mark}" if mark in "*?[]\\^-" else mark for mark in text)


@lru_cache(maxsize=10_000)
def tag(tenant_id: str) -> str:
    name = quote(tenant_id, safe=READABLE) or NO_TENANT
    if len(name) > LONGEST_TENANT:
        name = f"{DIGEST}{_digest(tenant_id)}"
    return f"{{{name}}}"


def _name(encoded: str) -> str:
    return "" if encoded == NO_TENANT else unquote(encoded)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
