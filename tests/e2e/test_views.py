"""Each view in a real browser: it answers, is live, fits a phone, and shows what the servers say."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.console import Console

VIEWS = {
    "": "Overview",
    "shards/": "Shard map",
    "tenants/": "Tenants",
    "replication/": "Replication",
    "caches/": "Caches",
    "partitions/": "Partitions",
    "leftovers/": "Leftovers",
    "operations/": "Operations",
    "changes/": "Change log",
}


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_view_answers_and_fits(page_as: Callable[..., Page], console: Console, width: int, theme: str) -> None:
    page = page_as("operator", width=width, theme=theme)
    for path, title in VIEWS.items():
        answer = page.goto(console.path(path))
        assert answer is not None and answer.ok, path
        expect(page.locator("h1")).to_be_visible()
        assert title.lower() in page.title().lower() or title.lower() in page.locator("h1").inner_text().lower()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways at {width}"
        folder = console.state / "screens"
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{path.strip('/') or 'overview'}-{width}-{theme}.png", full_page=True)


def test_the_shard_map_names_every_shard_and_member(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("auditor")
    page.goto(console.path("shards/"))
    for kind, name in console.servers():
        if kind == "postgres":
            expect(page.get_by_text(name, exact=False).first).to_be_visible()


def test_a_page_becomes_current_without_a_reload(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("auditor")
    page.goto(console.path("replication/"))
    page.evaluate("window.untouched = true")
    with page.expect_response(lambda answer: answer.url.endswith("/replication/") and answer.ok, timeout=60_000):
        pass
    assert page.evaluate("window.untouched") is True


def test_an_auditor_sees_no_control_and_is_refused(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("auditor")
    page.goto(console.path("replication/"))
    expect(page.get_by_role("link", name="Switch over")).to_have_count(0)
    answer = page.goto(console.path("operations/new/switchover/"))
    assert answer is not None and answer.status == 403
