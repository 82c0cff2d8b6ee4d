"""The rows of a transaction become one notice per tenant."""

from datetime import UTC, datetime

import pytest

from caching.stream.names import EVERYBODY, lane_of, subject_of, tenant_in
from caching.stream.notices import CROWD, MOST_TENANTS, MOST_VMS, Gathering, Notice
from shards.decoding.pgoutput import Row, Truncate
from tests.caching.stream.samples import AT, USERS, VMS, notice, row


def gathered(*changes: Row | Truncate) -> dict[str, Notice]:
    gathering = Gathering()
    for change in changes:
        gathering.add(change)
    return {one.tenant: one for one in gathering.take("shard-1", 10, 3, AT)}


def test_rows_of_a_tenant_are_one_notice_with_its_vms() -> None:
    found = gathered(row("acme", "b"), row("acme", "a", "insert"), row("other", "c"), row("acme", "b", "delete"))
    assert list(found) == ["acme", "other"]
    assert found["acme"].vms == ("a", "b") and not found["acme"].whole
    assert found["acme"].counts == {"changed": 1, "created": 1, "removed": 1}
    assert found["other"].ordinal == 1 and found["other"].id == "shard-1:3:10:1"


def test_a_soft_removal_counts_as_one() -> None:
    assert gathered(row("acme", "a", deleted_at=datetime(2026, 1, 1, tzinfo=UTC)))["acme"].counts == {"removed": 1}


def test_a_person_that_changes_makes_the_whole_tenant_old() -> None:
    found = gathered(row("acme", "a"), row("acme", "somebody", of=USERS))["acme"]
    assert found.whole and found.vms == () and found.counts == {"changed": 1, "other": 1}


def test_a_vm_that_changes_hands_is_told_of_in_both_tenants() -> None:
    found = gathered(Row("update", VMS, {"tenant_id": "new", "id": "a"}, {"tenant_id": "old", "id": "a"}))
    assert found["old"].vms == found["new"].vms == ("a",)


def test_many_vms_are_the_whole_tenant() -> None:
    found = gathered(*(row("acme", f"vm-{number}") for number in range(MOST_VMS + 1)))["acme"]
    assert found.whole and found.vms == () and found.counts == {"changed": MOST_VMS + 1}


def test_a_truncated_table_concerns_everybody() -> None:
    assert gathered(Truncate((VMS,)))[EVERYBODY].of_shard


def test_with_many_tenants_everybody_is_told_and_the_rest_only_counted() -> None:
    gathering, taken = Gathering(), list[Notice]()
    for number in range(2 * MOST_TENANTS + 1):
        gathering.add(row(f"tenant-{number}", "a"))
        if gathering.full or number == 2 * MOST_TENANTS:
            taken += gathering.take("shard-1", 10, 1, AT)
    assert [one.ordinal for one in taken] == list(range(len(taken))), "none has another's place"
    first, everybody, rest = taken[:MOST_TENANTS], taken[MOST_TENANTS], taken[MOST_TENANTS + 1 :]
    assert {one.vms for one in first} == {("a",)} and everybody.whole and {one.tenant for one in rest} == {EVERYBODY}
    assert max(len(one.crowd) for one in rest) == CROWD
    told = [item for one in rest for item in one.crowd.items()]
    assert told == [(f"tenant-{number}", {"changed": 1}) for number in range(MOST_TENANTS, 2 * MOST_TENANTS + 1)]
    gathering.begin()
    gathering.add(row("tenant-0", "b"))
    [later] = gathering.take("shard-1", 20, 1, AT)
    assert (later.ordinal, later.vms, later.crowd) == (0, ("b",), {}), "another transaction"


def test_a_notice_survives_its_way() -> None:
    one = notice("äcme.*>", 7, "a", "b", counts={"changed": 2}, again=True)
    assert Notice.unpack(one.pack()) == one
    assert one.id.endswith(":again")


def test_everybody_told_again_is_not_taken_for_the_last_change_told_again() -> None:
    assert notice(EVERYBODY, 7, again=True).id != notice("acme", 7, again=True).id


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"committed_at": 1}', b'{"committed_at": "2026-01-01", "vms": []}']
)
def test_what_is_no_notice_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        Notice.unpack(data)


@pytest.mark.parametrize("tenant", ["acme", "a.b*c>d e", "tenant/ä", "100%"])
def test_a_subject_names_the_tenant_whatever_it_is_called(tenant: str) -> None:
    subject = subject_of("demo", "shard.1", tenant)
    assert len(subject.split(".")) == 6 and not set(subject) & set(" *>")
    assert tenant_in(subject) == tenant and subject.split(".")[3] == str(lane_of(tenant))
