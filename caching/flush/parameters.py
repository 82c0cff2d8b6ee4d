"""What is asked for with a flush, or with hiding."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from caching.flush.pace import MannerName
from novaops.operations.contract import Missing, applies, unit

FamilyName = Literal["session", "vm", "perm", "metric", "qr", "agg", "api"]
Whose = Literal["family", "prefix", "pattern", "tenant", "vm", "node", "tier"]
_NEEDS: dict[str, tuple[str, ...]] = {
    "family": ("family",),
    "prefix": ("text",),
    "pattern": ("text",),
    "tenant": ("tenant",),
    "vm": ("tenant", "vm"),
    "node": ("node", "text"),
    "tier": ("tier", "text"),
}
_WORDS = {
    "family": "Say which family.",
    "text": "Say which keys: a prefix or a pattern (for a whole node or tier, the pattern *).",
    "tenant": "Say which tenant.",
    "vm": "Say which VM.",
    "node": "Say which node.",
    "tier": "Say which tier.",
}


TENANT = Field(
    default="", max_length=100, title="Tenant", description="Its id.", json_schema_extra=applies(scope=("tenant", "vm"))
)
VM = Field(default="", max_length=200, title="VM", description="Its id.", json_schema_extra=applies(scope=("vm",)))


class _Scoped(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _complete(self) -> "_Scoped":
        """Missing: what the chosen scope needs and was not given."""
        needs = _NEEDS[getattr(self, "scope")]  # noqa: B009 (each has one of its own type)
        missing = {name: _WORDS[name] for name in needs if not getattr(self, name)}
        if missing:
            raise Missing(**missing)
        return self


class FlushParameters(_Scoped):
    scope: Whose = Field(default="family", title="Scope", description="What is meant; the fields below follow it.")
    family: FamilyName | None = Field(
        default=None,
        title="Family",
        description="All that is cached under its prefix.",
        json_schema_extra=applies(scope=("family",)),
    )
    text: str = Field(
        default="",
        max_length=500,
        title="Prefix or pattern",
        description="A pattern has *, ? and [..] as Redis reads them; * alone is all of a node or a tier.",
        json_schema_extra=applies(scope=("prefix", "pattern", "node", "tier")),
    )
    tenant: str = TENANT
    vm: str = VM
    node: str | None = Field(
        default=None,
        title="Node",
        description="A primary of L1, or a server of L2.",
        json_schema_extra=applies(scope=("node",)),
    )
    tier: Literal["L1", "L2"] | None = Field(
        default=None,
        title="Tier",
        description="By prefix or pattern: both unless told.",
        json_schema_extra=applies(scope=("prefix", "pattern", "tier")),
    )
    pace: MannerName = Field(
        default="normal", title="Pace", description="Gentle is felt least by other clients, and takes longest."
    )
    keys_per_second: int | None = Field(default=None, ge=1, title="Keys per second", description="At most, in all.")
    limit: int | None = Field(
        default=None,
        ge=1,
        title="At most",
        description="It stops there, and says so.",
        json_schema_extra=unit("keys"),
    )


class HideParameters(_Scoped):
    scope: Literal["tenant", "vm", "family"] = Field(default="tenant", title="Scope")
    tenant: str = TENANT
    vm: str = VM
    family: FamilyName | None = Field(default=None, title="Family", json_schema_extra=applies(scope=("family",)))
