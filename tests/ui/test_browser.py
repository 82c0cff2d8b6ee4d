"""The look in a real browser, under the console's own Content-Security-Policy, and without a database."""

import itertools
import queue
import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, Page

from tests.chromium import chromium
from tests.ui.pages import scene
from tests.waiting import wait_for


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    scene.events = queue.Queue()
    settings.ROOT_URLCONF = "tests.ui.pages"
    settings.MIDDLEWARE = ["csp.middleware.CSPMiddleware"]
    settings.DEBUG = True  # only so that static files are served
    server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), Threads, Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    scene.events.put(None)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def opened(browser: Browser, url: str, problems: list[str], **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(url)
    return page


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_style_guide_fits_and_draws(browser: Browser, address: str, width: int) -> None:
    problems: list[str] = []
    page = opened(browser, f"{address}/styleguide", problems, viewport={"width": width, "height": 900})
    page.wait_for_selector("#guide-lag.is-drawn .main-svg")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert problems == []


def test_the_theme_is_remembered_and_plots_follow(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/styleguide", [], color_scheme="light")
    page.wait_for_selector("#guide-lag.is-drawn")
    ink = "document.querySelector('#guide-lag .plot-canvas')._fullLayout.font.color"
    light = page.evaluate(ink)
    page.click(".bar [data-theme-toggle]")
    page.click(".bar [data-theme-toggle]")
    wait_for(lambda: page.evaluate(ink) != light, "the plot to change its colours")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_navigation_opens_without_scripts(browser: Browser, address: str) -> None:
    small = {"width": 390, "height": 844}
    page = opened(browser, f"{address}/styleguide", [], viewport=small, java_script_enabled=False)
    page.click(".nav-menu > summary")
    assert page.is_visible(".nav-menu >> text=Replication")
    assert page.is_hidden("[data-theme-toggle] >> nth=0")


def test_a_live_section_refreshes_and_keeps_what_a_person_did(browser: Browser, address: str) -> None:
    problems: list[str] = []
    page = opened(browser, f"{address}/fleets/demo/", problems)
    page.wait_for_selector("#live-state[data-state=live]")
    page.wait_for_selector("#lag.is-drawn")
    page.click("#more summary")
    page.fill("#typed", "half a word")
    before = page.inner_text("#count")
    scene.events.put("samples")
    wait_for(lambda: page.inner_text("#count") != before, "the section to be fetched again")
    after = int(page.inner_text("#count"))
    drawn = "document.querySelector('#lag .plot-canvas').data[0].y[1]"
    wait_for(lambda: page.evaluate(drawn) == after, "the plot to show the new values")
    assert page.evaluate("document.getElementById('more').open && document.activeElement.id") == "typed"
    assert page.input_value("#typed") == "half a word"
    assert problems == []


def test_what_ended_before_the_stream_began_is_not_missed(browser: Browser, address: str) -> None:
    scene.counter = itertools.count(1)
    page = opened(browser, f"{address}/fleets/demo/operation", [])
    page.wait_for_selector("#live-state[data-state=live]")
    wait_for(lambda: page.inner_text("#word") == "done", "the section to look again once the stream is open")


def test_a_page_whose_session_ended_keeps_its_values_and_says_so(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/fleets/demo/", [])
    page.wait_for_selector("#live-state[data-state=live]")
    scene.signed_in = False
    try:
        scene.events.put("samples")
        page.wait_for_selector("#toasts >> text=no longer refresh")
        assert page.inner_text("#count")
    finally:
        scene.signed_in = True


def test_a_confirmation_waits_for_its_phrase(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/styleguide", [])
    button = page.locator("form.confirm.is-danger button[type=submit]")
    assert button.is_disabled()
    page.fill("form.confirm.is-danger input[name=confirmation]", "shard-1 shard-1-b")
    assert button.is_enabled()


def test_a_form_asks_for_what_its_choice_needs(browser: Browser, address: str) -> None:
    problems: list[str] = []
    page = opened(browser, f"{address}/fleets/demo/request", problems)
    assert page.is_visible("#id_tenant") and page.is_hidden("#id_node")
    page.select_option("#id_scope", "node")
    assert page.is_hidden("#id_tenant") and page.is_visible("#id_node")
    assert page.is_hidden("text=Counts only with Scope: Node.") and problems == []


def test_without_scripts_a_form_asks_for_all_and_says_when_it_counts(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/fleets/demo/request", [], java_script_enabled=False)
    assert page.is_visible("#id_tenant") and page.is_visible("#id_node")
    assert page.is_visible("text=Counts only with Scope: Node.")
