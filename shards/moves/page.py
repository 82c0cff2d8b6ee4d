"""What the page of a move says, from what is stored of it. Pure but for the models that it is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from novaops.operations.choices import Status
from novaops.operations.how_far import state_of
from novaops.ui.formats import human_bytes, human_number, moment
from shards.moves.models import OVER, Move, Phase
from shards.moves.turning import pace_of

# The way of a move, as its page draws it.
WAY = (
    Phase.PREPARING, Phase.COPYING, Phase.CATCHING_UP, Phase.COMPARING, Phase.CUTTING_OVER, Phase.MOVED, Phase.FINISHED
)  # fmt: skip
STATES = {Phase.MOVED: "ok", Phase.FINISHED: "done", Phase.REVERTED: "undone", Phase.RETURNING: "undoing"}
SHOWN_DIFFERENCES = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the pause, and its share of all of it."""

    name: str
    milliseconds: float
    share: float


@dataclass(frozen=True, slots=True)
class RowThatDiffers:
    table: str
    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the way: been, being, or to come."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class MoveShown:
    move: Move
    now: datetime

    @property
    def phase(self) -> Phase:
        return Phase(self.move.phase)

    @property
    def over(self) -> bool:
        return self.phase in OVER

    @property
    def state(self) -> str:
        """As badges know it: that of its operation while it is under way."""
        return STATES.get(self.phase) or state_of(self.move.operation)

    @property
    def title(self) -> str:
        tenant, source, target = self.move.tenant_id, self.move.source.name, self.move.target.name
        titles = {
            Phase.MOVED: f"{tenant} is on {target}, and can be taken back",
            Phase.FINISHED: f"{tenant} has moved to {target}",
            Phase.REVERTED: f"{tenant} is on {source}",
            Phase.RETURNING: f"{tenant} goes back to {source}",
            Phase.FINISHING: f"{source} forgets {tenant}",
        }
        return titles.get(self.phase, f"{tenant} is on its way to {target}: {self.phase.label.lower()}")

    @property
    def sentence(self) -> str:
        if self.move.waits_for:
            return self.move.waits_for
        if self.move.operation.state in (Status.FAILED, Status.ERRORED) and not self.over:
            return self.move.operation.outcome
        if self.phase is Phase.MOVED and self.move.way_back_until:
            held = f"; {self.move.target.name} keeps {human_bytes(self.move.held_bytes)} of WAL for it"
            return f"The way back is open until {moment(self.move.way_back_until)}{held}."
        return "" if self.over else pace_of(self.move).sentence

    @property
    def way(self) -> list[Place]:
        if self.phase is Phase.REVERTED:
            return [Place("Taken back", "undone")]
        last = len(WAY) - 1
        at = WAY.index(self.phase) if self.phase in WAY else last
        states = ["done" if index < at or self.over else "pending" for index in range(len(WAY))]
        if not self.over:
            states[at] = "running"
        return [Place(phase.label.split(",")[0], state) for phase, state in zip(WAY, states, strict=True)]

    @property
    def copied(self) -> float | None:
        """0 to 1; None while nobody knows how much there is."""
        total = self.move.bytes_total
        return min(1.0, self.move.bytes_copied / total) if total else None

    @property
    def seconds_left(self) -> float | None:
        """Of the copy alone, at its present rate."""
        total, rate = self.move.bytes_total, self.move.bytes_per_second
        if self.phase is not Phase.COPYING or not total or not rate:
            return None
        return max(0.0, (total - self.move.bytes_copied) / rate)

    @property
    def rows_note(self) -> str:
        if self.move.rows_total is None:
            return ""
        return f"{human_number(self.move.rows_copied)} of {human_number(self.move.rows_total)} rows"

    @property
    def parts(self) -> list[Part]:
        whole = sum(milliseconds for _, milliseconds in self.move.pause_parts) or 1.0
        return [Part(name, milliseconds, milliseconds / whole) for name, milliseconds in self.move.pause_parts]

    @property
    def pause_note(self) -> str:
        tries = self.move.cutovers
        if self.move.pause_ms is None:
            return f"{tries} tries so far" if tries else "not cut over yet"
        return "at the first try" if tries <= 1 else f"at try {tries}"

    @property
    def differences(self) -> list[RowThatDiffers]:
        return [
            RowThatDiffers(str(one.get("table", "")), _key(one.get("key")), _in_what(one))
            for one in self.move.differences[:SHOWN_DIFFERENCES]
        ]

    @property
    def differing(self) -> str:
        rows = len(self.move.differences)
        return "1 row differs" if rows == 1 else f"{human_number(rows)} rows differ"

    @property
    def turnable(self) -> bool:
        return not self.over

    @property
    def returnable(self) -> bool:
        return self.phase is Phase.MOVED


def _in_what(row: dict[str, Any]) -> str:
    """Its columns, or that one side alone has it."""
    return ", ".join(row.get("columns") or ()) or f"only on the {row.get('only_on') or 'other side'}"


def _key(key: Any) -> str:
    """id=7, or the values alone."""
    if isinstance(key, dict):
        return ", ".join(f"{name}={value}" for name, value in key.items())
    return ", ".join(map(str, key)) if isinstance(key, list) else str(key)
