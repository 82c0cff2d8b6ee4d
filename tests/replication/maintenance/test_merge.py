"""Merge patches: what they change, and that their inverse brings back exactly what was there."""

from typing import Any

import pytest

from shards.replication.maintenance.merge import differences, fingerprint, inverse, merged, pruned
from tests.replication.maintenance.clusters import WHOLE


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ttl": 40}, ["ttl: 30 -> 40"]),
        ({"ttl": None}, ["ttl: 30 -> not set"]),
        ({"failsafe_mode": True}, ["failsafe_mode: not set -> true"]),
        ({"postgresql": {"parameters": {"work_mem": "9MB", "jit": "off"}}},
         ["postgresql parameters work_mem: 8MB -> 9MB", "postgresql parameters jit: not set -> off"]),
        ({"postgresql": {"pg_hba": ["local all all trust"]}},
         ["postgresql pg_hba: not set -> ['local all all trust']"]),
        ({"slots": None}, ["slots mine type: physical -> not set"]),
        ({"citus": {"group": 0, "database": None}}, ["citus group: not set -> 0"]),
        ({"ttl": {"odd": 1}}, ["ttl odd: not set -> 1"]),
        ({"ttl": 30, "postgresql": {"use_slots": True}}, []),
    ],
)  # fmt: skip
def test_a_change_and_its_way_back(changes: dict[str, Any], says: list[str]) -> None:
    left = pruned(changes, WHOLE)
    after = merged(WHOLE, left)
    assert [one.sentence for one in differences(WHOLE, left)] == says
    assert fingerprint(merged(after, inverse(WHOLE, left))) == fingerprint(WHOLE)
    assert (fingerprint(after) == fingerprint(WHOLE)) is (not says)


def test_a_slot_that_an_operation_has_ignored_is_nobodys_change() -> None:
    mine, other = {"name": "novaops_op7_0123456789ab_out", "type": "logical"}, {"name": "debezium"}
    for kept in ([], [other]):
        before = {**WHOLE, "ignore_slots": kept} if kept else dict(WHOLE)
        assert fingerprint({**before, "ignore_slots": [*kept, mine]}) == fingerprint(before)
    assert fingerprint({**WHOLE, "ignore_slots": [other, mine]}) != fingerprint(WHOLE)
    assert fingerprint({**WHOLE, "ignore_slots": "odd"}) != fingerprint(WHOLE)
