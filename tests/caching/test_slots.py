"""The picture of slot ownership."""

from caching.clients.redis_replies import SlotRange
from caching.slots import picture


def test_every_slot_is_drawn_once_and_free_ones_are_told() -> None:
    drawn = picture(
        [
            ("redis-1", [SlotRange(first=0, last=99), SlotRange(first=200, last=8191)]),
            ("redis-2", [SlotRange(first=8192, last=16383)]),
        ]
    )
    assert [(owner.name, owner.slots) for owner in drawn.owners] == [("redis-1", 8092), ("redis-2", 8192)]
    assert drawn.unowned == 100
    assert [piece.series for piece in drawn.pieces] == [1, 0, 1, 2]
    assert abs(sum(piece.width for piece in drawn.pieces) - 100) < 0.01


def test_nobody_owns_anything() -> None:
    assert picture([]).unowned == 16_384
