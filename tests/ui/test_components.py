"""What components promise beyond their look: escaping, addresses, ages, and no script in the page."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.library import link_with
from novaops.ui.navigation import navigation
from novaops.ui.tags.values import meter_state
from novaops.ui.views import styleguide


def render(source: str, path: str = "/fleets/demo/tenants/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load nova %}" + source).render(Context({"request": request, **context}))


class Scripts(HTMLParser):
    """Collects what a Content-Security-Policy of script-src 'self' would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.refused += [f"{tag} {name}" for name in given if name.startswith("on") or name.startswith("hx-on")]
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.refused.append("inline script")
        self.refused += [f"{tag} {value}" for value in given.values() if (value or "").startswith("javascript:")]


def test_the_style_guide_answers_without_inline_scripts() -> None:
    response = styleguide(RequestFactory().get("/styleguide"))
    parser = Scripts()
    parser.feed(response.content.decode())
    assert response.status_code == 200
    assert parser.refused == []


def test_age_says_that_it_is_old() -> None:
    now = timezone.now()
    fresh = render("{% age when limit=20 %}", when=now - timedelta(seconds=5))
    old = render("{% age when limit=20 %}", when=now - timedelta(minutes=3))
    assert 'class="age "' in fresh
    assert "is-old" in old and "old, " in old and "UTC" in old
    assert "never" in render("{% age when %}", when=None)


def test_sorting_turns_around_and_keeps_the_filters() -> None:
    html = render('{% th "Size" "bytes" %}', path="/x/?q=acme&sort=bytes&page=4")
    assert 'aria-sort="ascending"' in html
    assert "?q=acme&amp;sort=-bytes" in html and "page" not in html
    assert "sort=-vms" in render('{% th "VMs" "vms" num=True %}')


def test_links_keep_what_they_do_not_change() -> None:
    context = Context({"request": RequestFactory().get("/x/?q=a&page=2")})
    assert link_with(context, page=3) == "?q=a&page=3"
    assert link_with(context, q=None, page=None) == "/x/"


def test_pagination_says_where_it_is() -> None:
    html = render('{% pagination page unit="tenants" %}', page=Paginator(range(1204), 50).get_page(2))
    assert "51 to 100 of 1,204 tenants" in html
    assert re.search(r'page=2" aria-current="page"', html.replace("?", ""))


@pytest.mark.parametrize(("share", "state"), [(0.96, "ok"), (0.75, "warning"), (0.4, "critical"), (None, "neutral")])
def test_a_meter_where_low_is_bad(share: float | None, state: str) -> None:
    assert meter_state(share, warn=0.8, crit=0.7) == state


def test_a_plan_is_shown_alike_as_model_and_as_json() -> None:
    plan = Plan(
        summary="Make <b> the leader.",
        checks=(
            Check(name="Lag", outcome=CheckOutcome.PASSED, reason="0 bytes."),
            Check(name="Paused", outcome=CheckOutcome.FAILED, reason="Patroni is paused."),
        ),
        blast=BlastRadius(summary="Writes wait.", tenants=118, write_pause_ms=1400),
        steps=(PlannedStep(key="switch", title="Switch over"),),
        point_of_no_return="switch",
    )
    html = render("{% plan plan %}", plan=plan)
    assert html == render("{% plan plan %}", plan=plan.model_dump(mode="json"))
    assert html.index("Patroni is paused.") < html.index("0 bytes.")
    assert "1 failed, 1 passed" in html and "Point of no return" in html and "&lt;b&gt;" in html


def test_an_empty_plan_says_so() -> None:
    assert "Nothing to do" in render("{% plan plan %}", plan=Plan(summary="All there.", blast=BlastRadius(summary="")))


def test_a_figure_cannot_end_its_script_element() -> None:
    figure = {"data": [{"y": [1], "name": "</script><script>alert(1)</script>"}], "layout": {"template": {"x": 1}}}
    html = render('{% plot figure "p" %}', figure=figure)
    assert html.count("</script>") == 1
    assert "template" not in html


def test_confirmation_asks_for_the_phrase() -> None:
    html = render('{% confirm "/do" "Do it" phrase="shard-1" hidden=values %}{% endconfirm %}', values={"a": "<"})
    assert 'data-phrase="shard-1"' in html and 'name="reason"' in html and 'value="&lt;"' in html


def test_the_navigation_marks_the_page_and_hides_what_one_may_not_see() -> None:
    groups = navigation("/fleets/demo/", "/fleets/demo/tenants/acme", rights=())
    items = {item.label: item for group in groups for item in group.items}
    assert [label for label, item in items.items() if item.current] == ["Tenants"]
    assert items["Caches"].href == "/fleets/demo/caches/"
    assert "Change log" not in items
