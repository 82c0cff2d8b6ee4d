"""Who owns which of the 16,384 hash slots, as a picture: one bar, a piece per range, coloured by primary. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from caching.clients.redis_replies import SLOTS, SlotRange


@dataclass(frozen=True, slots=True)
class Owned:
    """A primary with its ranges, as it says or, when it does not answer, as it said last."""

    name: str
    series: int
    ranges: Sequence[SlotRange]
    answers: bool = True

    @property
    def slots(self) -> int:
        return sum(part.count for part in self.ranges)

    @property
    def share(self) -> float:
        return self.slots / SLOTS


@dataclass(frozen=True, slots=True)
class Piece:
    """`x` and `width` in percent. `series` is the number of a plot colour; 0 where nobody owns the slots."""

    x: float
    width: float
    series: int
    name: str
    title: str
    answers: bool = True


@dataclass(frozen=True, slots=True)
class SlotPicture:
    pieces: tuple[Piece, ...]
    owners: tuple[Owned, ...]
    unowned: int

    @property
    def summary(self) -> str:
        shares = ", ".join(
            f"{one.name} {one.slots:,}{'' if one.answers else ' (does not answer)'}" for one in self.owners
        )
        return f"Hash slots: {shares or 'none'}; {self.unowned:,} without an owner."


def picture(owned: Sequence[Owned]) -> SlotPicture:
    """Without what a silent primary led before another one took its slots over."""
    taken = [part for one in owned if one.answers for part in one.ranges]
    owners = tuple(one for one in owned if one.answers or not _overlap(one.ranges, taken))
    pieces = [_piece(part, one) for one in owners for part in one.ranges]
    free = _free([part for one in owners for part in one.ranges])
    nobody = Owned("No owner", 0, ())
    return SlotPicture(
        pieces=tuple(sorted([*pieces, *(_piece(part, nobody) for part in free)], key=lambda piece: piece.x)),
        owners=owners,
        unowned=sum(part.count for part in free),
    )


def _overlap(some: Sequence[SlotRange], others: Sequence[SlotRange]) -> bool:
    return any(one.first <= other.last and other.first <= one.last for one in some for other in others)


def _piece(part: SlotRange, owner: Owned) -> Piece:
    silent = "" if owner.answers else ", does not answer"
    title = f"{owner.name}: slots {part.first} to {part.last} ({part.count:,}){silent}"
    x, width = round(100 * part.first / SLOTS, 3), round(100 * part.count / SLOTS, 3)
    return Piece(x, width, owner.series, owner.name if owner.series else "", title, owner.answers)


def _free(parts: Sequence[SlotRange]) -> list[SlotRange]:
    found, next_slot = [], 0
    for part in sorted(parts, key=lambda one: one.first):
        if part.first > next_slot:
            found.append(SlotRange(first=next_slot, last=part.first - 1))
        next_slot = max(next_slot, part.last + 1)
    if next_slot < SLOTS:
        found.append(SlotRange(first=next_slot, last=SLOTS - 1))
    return found
