"""Every state renders a shape and a word: status never by colour alone."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from metrics.contract import Severity, State
from novaops.ui.icons import ICONS
from novaops.ui.states import LOOKS, look_of

ROOT = Path(__file__).resolve().parents[2]


def render(source: str, **context: object) -> str:
    return Template("{% load nova %}" + source).render(Context(context))


@pytest.mark.parametrize("state", sorted(LOOKS))
def test_a_badge_has_a_shape_and_a_word(state: str) -> None:
    html = render("{% badge state %}", state=state)
    assert f"#{LOOKS[state].icon}" in html
    assert re.search(r"</svg>[A-Z][\w -]+</span>", html)
    assert LOOKS[state].icon in ICONS


def test_tones_of_different_meaning_have_different_shapes() -> None:
    shapes = {tone: {look.icon for look in LOOKS.values() if look.tone == tone} for tone in ("ok", "critical")}
    assert shapes["ok"].isdisjoint(shapes["critical"])


def test_states_of_the_contract_are_known() -> None:
    assert [look_of(state).tone for state in State] == ["ok", "warning", "critical", "neutral"]
    assert look_of(Severity.CRITICAL).word == "Critical"
    assert look_of("never-heard-of").word == "Never heard of"


def test_every_icon_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/img/icons.svg").read_text()
    assert set(re.findall(r'symbol id="([\w-]+)"', sprite)) == ICONS


def test_icons_named_in_templates_exist() -> None:
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% (?:icon|empty "[^"]*" icon=) ?"([\w-]+)"', path.read_text())
    }
    assert named - ICONS == set()
