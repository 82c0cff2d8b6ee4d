"""What the list of the change log is narrowed to, and that each filter reads an index of its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from novaops.audit.filters import Filters, field_values, filters_of, span
from novaops.audit.models import Record
from novaops.audit.selectors import actors, filtered, kinds, verbs
from novaops.audit.services import Actor, record
from novaops.audit.stories import told
from novaops.fleets.models import Fleet

ClientAs = Callable[..., Client]
ANA, BEN = Actor.automatic("ana"), Actor.schedule("ben")


@pytest.fixture
def told_fleet(in_fleet: Fleet) -> Fleet:
    """Six records; each is found by its number."""
    about = {"kind": "move", "targets": ["shard:shard-1", "tenant:acme/eu"], "ticket": "CHG-12", "reason": "It is full"}
    record("operation requested", "operation:7", actor=ANA, outcome="Tenant acme/eu moves (again).", data=about)
    record("step done", "operation:7/copy", actor=ANA, outcome="All 48211 rows.", data={**about, "attempt": 1})
    record("operation failed", "operation:7", actor=ANA, outcome="shard-1-a: “no route”", data=about)
    record("operation done", "operation:70", actor=BEN, data={"kind": "flush", "targets": ["shard:shard-10"]})
    record("signed in", "person:ben", actor=BEN, data={"browser": "Firefox\n152.0"})
    record("setting changed", "setting:x", actor=BEN, data={"before": {"max_connections": 90}, "after": {}})
    return in_fleet


def numbers(**said: object) -> list[int]:
    return sorted(filtered(Filters(**said)).values_list("sequence", flat=True))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"actor": "ben"}, [4, 5, 6]),
        ({"verb": "step done"}, [2]),
        ({"kind": "move"}, [1, 2, 3]),
        ({"outcome": "failed"}, [3]),
        ({"ticket": "CHG-12"}, [1, 2, 3]),
        ({"subject": "operation:7"}, [1, 2, 3]),
        ({"subject": "operation:7/copy"}, [2]),
        ({"target": "shard:shard-1"}, [1, 2, 3]),
        ({"target": "tenant:acme/eu", "verb": "step done"}, [2]),
        ({"target": "shard:shard"}, []),
    ],
)
def test_each_filter_finds_its_own(told_fleet: Fleet, said: dict[str, str], found: list[int]) -> None:
    assert numbers(**said) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shard-1", [1, 2, 3, 4]),
        ("shard-1-a", [3]),
        ("SHARD-10", [4]),
        ("acme", [1, 2, 3]),
        ("acme/eu again", [1]),
        ("again.", [1]),
        ("“no route”", [3]),
        ("4821", []),
        ("48211 rows", [2]),
        ("firefox", [5]),
        ("152.0", [5]),
        ("max_connections", [6]),
        ("connections", [6]),
        ("operation:7", [1, 2, 3, 4]),
        ("chg-12 failed", [3]),
        ("o'hara \\ & | ! :*", []),
        ('" , ;', []),
    ],
)
def test_words_are_found_whole_and_by_their_beginning(told_fleet: Fleet, text: str, found: list[int]) -> None:
    """Numbers are not: 4821 does not find 48211."""
    assert numbers(text=text) == found


def test_what_is_too_long_for_an_index_is_recorded_and_found(in_fleet: Fleet) -> None:
    long = {
        "kind": "k" * 9000,
        "ticket": "t" * 9000,
        "targets": ["x" * 9000],
        "word": "w" * 9000,
        "many": ["ä b"] * 9000,
    }
    record("v" * 60, "s" * 200, actor=Actor.automatic("a" * 150), outcome="ß" * 3000 + " end", data=long)
    assert numbers(text="end wwwww") == numbers(target="x" * 9000) == numbers(kind="k" * 200) == [1]


def test_time_is_narrowed_to_the_minute(told_fleet: Fleet) -> None:
    times = list(Record.objects.order_by("sequence").values_list("at", flat=True))
    assert numbers(since=times[2], until=times[4]) == [3, 4]
    assert numbers(since=times[5] + timedelta(microseconds=1)) == []
    assert numbers(until=times[5] + timedelta(days=1)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "begin", "length"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=1)),
        ("2026-11-23T14:05", datetime(2026, 11, 23, 14, 5, tzinfo=UTC), timedelta(minutes=1)),
        ("2026-11-23T14:05:09Z", datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC), timedelta(seconds=1)),
    ],
)
def test_a_time_is_a_day_a_minute_or_a_second(text: str, begin: datetime, length: timedelta) -> None:
    assert span(text) == (begin, begin + length)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "9999-12-31", "2026-11-23T25:00"])
def test_what_is_no_time_narrows_nothing(text: str) -> None:
    assert span(text) is None


def test_the_form_holds_what_was_asked_for() -> None:
    filters = filters_of(QueryDict("since=2026-11-01&until=2026-11-23T14:05&actor=+ana+&q=a%00b&nonsense=1"))
    assert field_values(filters) == {"since": "2026-11-01T00:00", "until": "2026-11-23T14:05"}
    assert filters.narrow["until"] == "2026-11-23 14:06:00+00:00"
    assert (filters.actor, filters.text, filters.kind) == ("ana", "ab", "")


def test_lists_of_names_are_whole_and_in_order(told_fleet: Fleet) -> None:
    assert verbs() == [
        "operation done",
        "operation failed",
        "operation requested",
        "setting changed",
        "signed in",
        "step done",
    ]
    assert (actors(), kinds()) == (["ana", "ben"], ["flush", "move"])


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ({"text": "acme"}, "record_by_words"),
        ({"target": "shard:shard-1"}, "record_by_target"),
        ({"subject": "operation:7"}, "record_by_thing"),
        ({"kind": "move"}, "record_by_kind"),
        ({"ticket": "CHG-12"}, "record_by_ticket"),
        ({"actor": "ana"}, "record_by_"),
        ({"outcome": "failed"}, "record_by_"),  # by verb alone, or by use: as good as the other for so few
    ],
)
def test_each_filter_reads_an_index(told_fleet: Fleet, said: dict[str, str], index: str) -> None:
    """However few records there are here: PostgreSQL is kept from the other ways, which are quicker for so few."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # What is left are bitmaps, and those need an index for the condition itself: no walk in order that filters.
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
    assert index in told(filtered(Filters(**said))).explain()  # type: ignore[arg-type]


def test_the_list_asks_the_same_few_questions_however_long_it_is(told_fleet: Fleet, client_as: ClientAs) -> None:
    client, counts = client_as("auditor"), []
    address = f"/fleets/{told_fleet.slug}/changes/"
    for query in ("", "?q=acme&kind=move&target=shard:shard-1", "?before=4", "?since=2020-01-01&until=2030-01-01"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address + query).status_code == 200
        counts.append(len(asked))
    with tenant_context(told_fleet):
        for number in range(120):
            record("counted", f"number:{number}", actor=ANA)
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    assert len(asked) <= counts[0] + 2 and max(counts) <= 16, counts
