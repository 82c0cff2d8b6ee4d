"""Who owns which of the 16,384 hash slots, as a picture: one bar, a piece per range, coloured by primary. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from caching.clients.redis_replies import SLOTS, SlotRange


@dataclass(frozen=True, slots=True)
class Piece:
    """`x` and `width` in percent. `series` is the number of a plot colour; 0 where nobody owns the slots."""

    x: float
    width: float
    series: int
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Owner:
    name: str
    series: int
    slots: int

    @property
    def share(self) -> float:
        return self.slots / SLOTS


@dataclass(frozen=True, slots=True)
class SlotPicture:
    pieces: tuple[Piece, ...]
    owners: tuple[Owner, ...]
    unowned: int

    @property
    def summary(self) -> str:
        shares = ", ".join(f"{owner.name} {owner.slots:,}" for owner in self.owners)
        return f"Hash slots: {shares or 'none'}; {self.unowned:,} without an owner."


def picture(owned: Sequence[tuple[str, Sequence[SlotRange]]]) -> SlotPicture:
    """`owned`: each primary's name with its ranges, in the order of the colours."""
    owners = tuple(
        Owner(name, index % 8 + 1, sum(part.count for part in ranges)) for index, (name, ranges) in enumerate(owned)
    )
    pieces = [
        _piece(part, owner.series, owner.name)
        for owner, (_, ranges) in zip(owners, owned, strict=True)
        for part in ranges
    ]
    free = _free([part for _, ranges in owned for part in ranges])
    return SlotPicture(
        pieces=tuple(sorted([*pieces, *(_piece(part, 0, "") for part in free)], key=lambda piece: piece.x)),
        owners=owners,
        unowned=sum(part.count for part in free),
    )


def _piece(part: SlotRange, series: int, name: str) -> Piece:
    title = f"{name or 'No owner'}: slots {part.first} to {part.last} ({part.count:,})"
    return Piece(round(100 * part.first / SLOTS, 3), round(100 * part.count / SLOTS, 3), series, name, title)


def _free(parts: Sequence[SlotRange]) -> list[SlotRange]:
    found, next_slot = [], 0
    for part in sorted(parts, key=lambda one: one.first):
        if part.first > next_slot:
            found.append(SlotRange(first=next_slot, last=part.first - 1))
        next_slot = max(next_slot, part.last + 1)
    if next_slot < SLOTS:
        found.append(SlotRange(first=next_slot, last=SLOTS - 1))
    return found
