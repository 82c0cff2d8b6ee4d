"""The picture of slot ownership."""

from caching.clients.redis_replies import SlotRange
from caching.slots import Owned, picture


def test_every_slot_is_drawn_once_and_free_ones_are_told() -> None:
    drawn = picture(
        [
            Owned("redis-1", 1, [SlotRange(first=0, last=99), SlotRange(first=200, last=8191)]),
            Owned("redis-2", 2, [SlotRange(first=8192, last=16383)]),
        ]
    )
    assert [(owner.name, owner.slots) for owner in drawn.owners] == [("redis-1", 8092), ("redis-2", 8192)]
    assert drawn.unowned == 100
    assert [piece.series for piece in drawn.pieces] == [1, 0, 1, 2]
    assert abs(sum(piece.width for piece in drawn.pieces) - 100) < 0.01


def test_nobody_owns_anything() -> None:
    assert picture([]).unowned == 16_384


def test_who_is_silent_is_told_until_another_has_its_slots() -> None:
    half, rest = [SlotRange(first=0, last=8191)], [SlotRange(first=8192, last=16383)]
    silent, well = Owned("redis-1", 1, half, answers=False), Owned("redis-2", 2, rest)
    drawn = picture([silent, well])
    assert (drawn.unowned, drawn.pieces[0].answers) == (0, False) and "does not answer" in drawn.summary
    taken_over = picture([silent, well, Owned("redis-4", 3, half)])
    assert [owner.name for owner in taken_over.owners] == ["redis-2", "redis-4"]
    assert [(piece.series, piece.answers) for piece in taken_over.pieces] == [(3, True), (2, True)]
