"""Pages by the records' numbers, forwards and back, with every filter kept."""

from collections.abc import Callable, Iterator

import pytest
from django.http import QueryDict
from django.test import Client

from novaops.audit.filters import Filters
from novaops.audit.models import Record
from novaops.audit.paging import RecordPage, count_of, page_of
from novaops.audit.selectors import filtered
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet

WHO = Actor.automatic("test")


@pytest.fixture
def twelve(in_fleet: Fleet) -> Fleet:
    for number in range(1, 13):
        record("even" if number % 2 == 0 else "odd", f"number:{number}", actor=WHO)
    return in_fleet


def page(query: str, verb: str = "") -> RecordPage:
    return page_of(filtered(Filters(verb=verb)), QueryDict(query.removeprefix("?")), size=5)


def shown(page: RecordPage) -> list[int]:
    return [one.sequence for one in page.records]


def walk(first: RecordPage, way: str) -> Iterator[list[int]]:
    found = first
    while True:
        yield shown(found)
        link = getattr(found, way)
        if not link:
            return
        found = page(link)


def test_older_pages_follow_each_other_to_the_first_record(twelve: Fleet) -> None:
    assert list(walk(page(""), "older")) == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]]


def test_newer_pages_lead_back(twelve: Fleet) -> None:
    assert list(walk(page("?before=3"), "newer")) == [[2, 1], [7, 6, 5, 4, 3], [12, 11, 10, 9, 8]]


def test_filters_stay_in_the_links(twelve: Fleet) -> None:
    found = page("verb=even&q=x", verb="even")
    assert shown(found) == [12, 10, 8, 6, 4]
    assert QueryDict(found.older[1:]).dict() == {"verb": "even", "q": "x", "before": "4"}
    assert found.newer == found.newest == ""


@pytest.mark.parametrize("nonsense", ["before=x", "before=-1", "after=", "before=99999999999999999999", "page=7"])
def test_nonsense_is_the_first_page(twelve: Fleet, nonsense: str) -> None:
    assert shown(page(nonsense)) == [12, 11, 10, 9, 8]


def test_an_empty_page_is_no_error(twelve: Fleet) -> None:
    assert shown(page("before=1")) == [] and shown(page("after=12")) == []


def test_how_many_is_counted_or_said_to_be_about(twelve: Fleet) -> None:
    everything, first = filtered(Filters()), page("")
    assert count_of(everything, first, narrowed=False) == "12 records"
    assert count_of(filtered(Filters(verb="odd")), page("", "odd"), narrowed=True).startswith("about ")
    one = filtered(Filters(subject="number:3"))
    assert count_of(one, page_of(one, QueryDict()), narrowed=True) == "1 record"
    assert Record.objects.count() == 12


def test_the_page_links_to_older_and_newer(twelve: Fleet, client_as: Callable[..., Client]) -> None:
    client, address = client_as("auditor"), f"/fleets/{twelve.slug}/changes/"
    for number in range(60):
        record("more", f"number:{number}", actor=WHO)
    text = client.get(address).text
    assert 'rel="next"' in text and 'rel="prev"' not in text and "73 records" in text
    older = client.get(f"{address}?before=23").text
    assert 'rel="prev"' in older and "Newest" in older and ">number:9<" in older
