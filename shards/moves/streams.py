"""A stream: what carries one tenant's rows and changes from one shard to another."""

from dataclasses import dataclass
from enum import StrEnum

from shards.marks import Mark


class Direction(StrEnum):
    OUT = "out"  # to the new shard
    BACK = "back"  # after the cutover, to the old one


@dataclass(frozen=True, slots=True)
class Stream:
    """`schema_name` is empty for a tenant in the shared tables. `made_by` is the operation that moves the tenant: slot,
    publication and bookkeeping are named after it, so that they are found, and taken away, by whoever goes on."""

    tenant_id: str
    schema_name: str
    sender: str
    receiver: str
    made_by: Mark
    direction: Direction = Direction.OUT

    @property
    def name(self) -> str:
        """Also of its slot, its publication, and its row in `arrivals`: letters, digits and underscores, under 63."""
        return f"novaops_op{self.made_by.operation}_{self.made_by.console}_{self.direction}"

    @property
    def reversed(self) -> "Stream":
        other = Direction.BACK if self.direction is Direction.OUT else Direction.OUT
        return Stream(self.tenant_id, self.schema_name, self.receiver, self.sender, self.made_by, other)
