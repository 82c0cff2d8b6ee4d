"""The partitions page, from what a collector stored; and the picture of a table."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.contract import State
from metrics.models import Reading
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, Shard
from shards.partitions.facts import (
    Engine,
    Gap,
    KeyKind,
    Partition,
    PartitionedTable,
    PartitionsFacts,
    Strategy,
)
from shards.partitions.timeline import timeline

SignIn = Callable[..., Client]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def month(number: int, **more: object) -> Partition:
    begins, ends = datetime(2026, number, 1, tzinfo=UTC), datetime(2026, number + 1, 1, tzinfo=UTC)
    known = {"lower": str(begins), "upper": str(ends), "begins": begins, "ends": ends, "bytes": number * 1000}
    return Partition(name=f"vms_2026{number:02}", **{**known, **more})


def table(**more: object) -> PartitionedTable:
    known: dict[str, object] = {
        "schema_name": "public",
        "name": "vms",
        "engine": Engine.NATIVE,
        "strategy": Strategy.RANGE,
    }
    known |= {"key": "created_at", "key_kind": KeyKind.TIMESTAMP, "interval": "1 month", "runway_days": 7.0}
    return PartitionedTable.model_validate({**known, "partitions": (month(8), month(10), month(11)), **more})


GAPPY = table(gaps=(Gap(lower="2026-09-01", upper="2026-10-01", after="vms_202608", before="vms_202610"),))


@pytest.fixture
def stored(fleet: Fleet) -> Fleet:
    old = timezone.now() - timedelta(hours=2)
    held = GAPPY.model_copy(update={"has_default": True, "default_name": "vms_default", "default_rows": 1204})
    chunks = table(name="vm_metrics", engine=Engine.HYPERTABLE, runway_days=None)
    facts = PartitionsFacts(database="novacron", tables=(held, chunks), leads=True)
    with tenant_context(fleet):
        shard = Shard.objects.create(name="shard-1", cluster="shard-1", database="novacron")
        member = Server.objects.create(kind="postgres", name="shard-1-a", shard=shard, host="192.0.2.1", port=1)
        known = {"checked_at": timezone.now(), "good_at": old, "due_at": old, "cause": "No answer within 3 s."}
        state = State.UNREACHABLE
        stored = facts.model_dump(mode="json")
        Reading.objects.create(server=member, probe="partitions", facts=stored, state=state, **known)
    return fleet


def test_what_is_wrong_is_said_and_old_values_are_marked(stored: Fleet, client_as: SignIn) -> None:
    page = client_as("operator").get(f"/fleets/{stored.slug}/partitions/").content.decode()
    assert "No partition from 2026-09-01 to 2026-10-01." in page
    assert "1,204 rows lie in vms_default" in page
    assert "No answer within 3 s." in page and "last good values" in page
    assert 'class="age is-old"' in page
    assert "partitions-create/?shard=shard-1&amp;table=public.vms" in page
    assert "table=public.vm_metrics" not in page, "a hypertable makes its chunks by itself"


def test_who_may_not_create_sees_no_button(stored: Fleet, client_as: SignIn) -> None:
    viewer = client_as("viewer")
    assert "partitions-create" not in viewer.get(f"/fleets/{stored.slug}/partitions/").content.decode()
    assert viewer.get(f"/fleets/{stored.slug}/operations/new/partitions-create/").status_code == 403


def test_an_empty_fleet_has_a_page_too(fleet: Fleet, client_as: SignIn) -> None:
    assert "No shard is registered" in client_as("viewer").get(f"/fleets/{fleet.slug}/partitions/").content.decode()


def test_only_reading_and_only_ones_own_fleet(
    stored: Fleet, other_fleet: Fleet, client_as: SignIn, client: Client
) -> None:
    operator = client_as("operator")
    assert operator.post(f"/fleets/{stored.slug}/partitions/").status_code == 405
    assert operator.get(f"/fleets/{other_fleet.slug}/partitions/").status_code == 404
    assert client.get(f"/fleets/{stored.slug}/partitions/").status_code == 302


def test_the_picture_lies_along_time() -> None:
    drawn = timeline(GAPPY, NOW)
    assert [bar.look for bar in drawn.bars] == ["past", "past", "now"]
    assert drawn.bars[-1].height == 1
    assert [gap.title for gap in drawn.gaps] == ["Gap: no partition from 2026-09-01 to 2026-10-01"]
    assert drawn.now is not None and drawn.bars[-1].x < drawn.now < drawn.bars[-1].x + drawn.bars[-1].width
    assert drawn.after is not None and drawn.after.look == "none"


def test_a_table_that_ended_long_ago_still_shows_now() -> None:
    drawn = timeline(table(partitions=(month(1), month(2))), NOW)
    assert drawn.now is not None and drawn.now < 100
    assert drawn.after is not None and drawn.after.width > 50


def test_a_table_without_times_has_cells() -> None:
    parts = tuple(Partition(name=f"h{number}", bytes=number) for number in range(4))
    drawn = timeline(table(strategy=Strategy.HASH, key_kind=KeyKind.OTHER, partitions=parts), NOW)
    assert [bar.width for bar in drawn.bars] == [25, 25, 25, 25]
    assert drawn.now is None
