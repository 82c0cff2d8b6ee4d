"""What the page of leftovers shows, put into words. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.contract import Seen, Severity, Snapshot
from novaops.ui.formats import human_number
from shards.leftovers.leftover import Leftover
from shards.leftovers.sorts import DELETE_KIND, REMOVE_KIND, Sort
from shards.leftovers.traces import LeftoversFacts, RowsFacts

WORDS = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True, slots=True)
class Looked:
    """When a shard was looked through: its catalogs and its rows, and what was left out."""

    shard: str
    things: Seen | None
    rows: Seen | None
    left_out: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """Why nothing newer is known; empty while its leader answers."""
        return "" if self.things and self.things.reachable else self.things.cause if self.things else "Not asked yet."


@dataclass(frozen=True, slots=True)
class Row:
    """One leftover; `kind` is the operation that removes it, empty where none does."""

    leftover: Leftover
    kind: str

    @property
    def state(self) -> str:
        return WORDS[self.leftover.severity]


def row(one: Leftover) -> Row:
    kind = DELETE_KIND if one.sort.destroys_data else REMOVE_KIND
    return Row(one, kind if one.removable else "")


def chosen(several: Sequence[Leftover], text: str, shard: str, sort: str) -> list[Leftover]:
    """Those that the filters leave; `shard` is "-" for the control database."""
    wanted = "" if shard == "-" else shard
    words = text.lower()
    return [
        one
        for one in several
        if (not shard or one.shard == wanted)
        and (not sort or one.sort == sort)
        and (not words or words in f"{one.name} {one.sentence} {one.origin}".lower())
    ]


def looked(snapshot: Snapshot) -> tuple[Looked, ...]:
    """By shard, as its leader told: a standby's answer says nothing."""
    return tuple(_looked(snapshot, shard.name) for shard in snapshot.shards)


def _looked(snapshot: Snapshot, shard: str) -> Looked:
    things = _newest((seen, facts.leads) for seen, facts in snapshot.facts(LeftoversFacts, shard))
    rows = _newest((seen, facts.leads) for seen, facts in snapshot.facts(RowsFacts, shard))
    told = [one.facts for one in (things, rows) if one]
    left_out = [sentence for facts in told for sentence in getattr(facts, "not_looked", ())]
    return Looked(shard, things, rows, tuple(left_out))


def _newest(seen: Iterable[tuple[Seen, bool]]) -> Seen | None:
    """The last answer of a member that led then."""
    leading = [(one.good_at, one) for one, leads in seen if leads and one.good_at]
    return max(leading, key=lambda pair: pair[0], default=(None, None))[1]


def totals(several: Sequence[Leftover]) -> dict[str, Any]:
    since = [one.since for one in several if one.since]
    return {
        "count": len(several),
        "removable": sum(one.removable for one in several),
        "wal_bytes": sum(one.wal_bytes or 0 for one in several),
        "bytes": sum(one.bytes or 0 for one in several),
        "rows": sum(one.rows or 0 for one in several),
        "oldest": min(since, default=None),
    }


def verdict(several: Sequence[Leftover], shards: Sequence[Looked]) -> dict[str, str]:
    """The one line on top: the worst leftover; else whether all was looked through."""
    silent = [one for one in shards if one.things is None]
    if several:
        worst = several[0]
        number = "One thing is" if len(several) == 1 else f"{human_number(len(several))} things are"
        sentence = f"{worst.sort.label} {worst.name} ({worst.place.where}): {worst.sentence}"
        return {"state": WORDS[worst.severity], "title": f"{number} left behind", "sentence": sentence}
    if silent or not shards:
        names = ", ".join(one.shard for one in silent) or "No shard"
        return {
            "state": "unknown",
            "title": "Not everything was looked through yet",
            "sentence": f"{names}: no leader has told of its catalogs yet.",
        }
    sentence = "No slot, publication, subscription, transaction, fence, row or lock that nobody needs any more."
    return {"state": "ok", "title": "Nothing is left behind", "sentence": sentence}


SORTS: tuple[tuple[str, str], ...] = tuple((sort.value, str(sort.label)) for sort in Sort)
