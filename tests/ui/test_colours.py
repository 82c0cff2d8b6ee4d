"""Text and marks keep WCAG's contrast in both themes; read from the tokens themselves."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text()
COLOURS = {
    name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", TOKENS)
}
TONES = ("ok", "warning", "critical", "info", "old", "neutral")
INKS = ("text", "text-soft", "text-faint", "accent")
TEXT = [
    *((text, ground) for text in INKS for ground in ("canvas", "surface", "hover")),
    *((f"{tone}-text", ground) for tone in TONES for ground in ("surface", "canvas", f"{tone}-soft")),
    *((text, f"{tone}-soft") for text in ("text", "text-soft", "text-faint", "old-text") for tone in TONES),
    ("on-ink", "ink"), ("accent-strong", "accent-soft"),
]  # fmt: skip
MARKS = (*(f"{tone}-mark" for tone in TONES), *(f"series-{index}" for index in range(1, 9)), "control")
SHAPES = [(mark, "surface") for mark in MARKS]


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_is_readable(theme: int) -> None:
    poor = {pair: round(contrast(*(COLOURS[name][theme] for name in pair)), 2) for pair in TEXT}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_shapes_are_visible(theme: int) -> None:
    poor = {pair: round(contrast(*(COLOURS[name][theme] for name in pair)), 2) for pair in SHAPES}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 3} == {}
