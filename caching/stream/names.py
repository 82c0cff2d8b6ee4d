"""What belongs to the change stream is found by its name: slot and publication on shards; stream, subjects and
consumers in JetStream."""

import zlib
from urllib.parse import quote, unquote

from shards.dataplane.published import SLOT_PREFIX

# Tenants are spread over so many lanes; each lane is worked on by one invalidator at a time, which keeps its order.
LANES = 4
INVALIDATOR, ROLLUPS = "invalidator", "rollups"
EVERYBODY = "*all"
"""In place of a tenant: a notice for the whole shard."""


def slot_of(fleet: str) -> str:
    """The slot of a fleet, by its slug; the same on each of its shards."""
    return SLOT_PREFIX + fleet.replace("-", "_")


def stream_of(fleet: str) -> str:
    return f"novaops-changes-{fleet}"


def lane_of(tenant_id: str) -> int:
    """Of the tenant alone: it stays the same when the tenant moves to another shard."""
    return zlib.crc32(tenant_id.encode()) % LANES


def subject_of(fleet: str, shard: str, tenant_id: str) -> str:
    """`novaops.<fleet>.changes.<lane>.<shard>.<tenant>`; NATS takes neither dots, blanks nor stars within a part."""
    return f"novaops.{fleet}.changes.{lane_of(tenant_id)}.{_part(shard)}.{_part(tenant_id)}"


def whole(fleet: str) -> str:
    """Every subject of a fleet."""
    return f"novaops.{fleet}.changes.>"


def of_lane(fleet: str, lane: int) -> str:
    return f"novaops.{fleet}.changes.{lane}.>"


def tenant_in(subject: str) -> str:
    return unquote(subject.rpartition(".")[2])


def invalidator_of(lane: int) -> str:
    return f"{INVALIDATOR}-{lane}"


def consumers(fleet: str) -> dict[str, str]:
    """Every durable consumer, with the subjects that it gets."""
    return {invalidator_of(lane): of_lane(fleet, lane) for lane in range(LANES)} | {ROLLUPS: whole(fleet)}


def _part(text: str) -> str:
    return quote(text, safe="").replace(".", "%2E")
