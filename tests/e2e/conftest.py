"""The whole product as `script/demo` starts it: a browser in front of the console, workers and collector behind it.

Nothing here touches the control database: what is asserted is what a person sees, and what the servers say."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import psycopg
import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page

from novaops.sandbox.control import Client
from tests.chromium import chromium
from tests.e2e.console import Console, watch
from tests.waiting import wait_for


@pytest.fixture(scope="session")
def console(state: Path, sandbox: Client) -> Console:
    """The console of the test fleet, once every server has been asked and is well."""
    found = Console(f"http://127.0.0.1:{sandbox.status()['console'].port}", state)
    wait_for(lambda: found.unwell() == {}, "every server healthy", 120)
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this package: while it runs, Django takes the thread for an asynchronous one."""
    with chromium() as running:
        yield running


@pytest.fixture
def page_as(browser: Browser, console: Console) -> Iterator[Callable[..., Page]]:
    """`page_as("operator", width=390, theme="dark")`: a page signed in through the login form. At the end no page may
    have had a script error or broken the content security policy."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def sign_in(username: str, width: int = 1440, theme: Literal["light", "dark"] = "light") -> Page:
        context = browser.new_context(
            base_url=console.address, viewport={"width": width, "height": 900}, color_scheme=theme
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        opened.append((context, watch(page)))
        console.sign_in(page, username)
        return page

    yield sign_in
    problems = [problem for _, noticed in opened for problem in noticed]
    for context, _ in opened:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def shard_leader(state: Path) -> Callable[[str], psycopg.Connection[tuple[object, ...]]]:
    """Connects to the leader of a shard as the fleet file describes it."""
    described = yaml.safe_load((state / "fleet.yml").read_text())
    password = (state / described["credentials"]["postgres"]["password"]["file"]).read_text().strip()

    def connect(name: str) -> psycopg.Connection[tuple[object, ...]]:
        shard = next(shard for shard in described["shards"] if shard["name"] == name)
        addresses = [member["postgres"].split(":") for member in shard["members"]]
        return psycopg.connect(
            host=",".join(host for host, _ in addresses),
            port=",".join(port for _, port in addresses),
            dbname=shard["database"],
            user=described["credentials"]["postgres"]["username"],
            password=password,
            target_session_attrs="read-write",
            connect_timeout=5,
            autocommit=True,
        )

    return connect
