"""A probe asks one real server and returns typed values; it never raises past the collector."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import TextChoices
from pydantic import BaseModel, ConfigDict

from novaops.inventory.targets import Target


class State(TextChoices):
    OK = "ok", "Healthy"
    DEGRADED = "degraded", "Degraded"
    UNREACHABLE = "unreachable", "Unreachable"
    UNKNOWN = "unknown", "Not asked yet"


class Facts(BaseModel):
    """Base of what a probe found: frozen, JSON-able, tolerant of fields that another version wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ProbeProblem(Exception):
    """The server could not be asked: a sentence with the cause, without secrets."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `values` are numbers kept over time, by name with unit: `lag_replay_bytes`, `hits_total`.
    `cause` is a sentence when the state is not OK."""

    facts: Facts
    values: dict[str, float] = field(default_factory=dict)
    state: State = State.OK
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to one kind of server. `every` and `timeout` in seconds; `every=None` means the fleet's own cycle.
    `facts` is the type that `ask` puts into its answer, so that stored JSON can be read back typed."""

    name: str
    kind: str
    facts: type[Facts]
    ask: Callable[[Target], Answer]
    every: float | None = None
    timeout: float = 3.0
