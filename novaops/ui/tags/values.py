"""One value: icon, badge, age, stat, meter, sparkline, plot."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from novaops.ui import figures, formats
from novaops.ui.library import component, register
from novaops.ui.sparkline import sparkline as draw_sparkline
from novaops.ui.states import look_of


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A lucide icon. Beside a word it is decoration; alone it needs a label."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}"/></svg>', css, href)


@register.simple_tag
def badge(state: object, word: str = "", plain: bool = False, large: bool = False, title: str = "") -> SafeString:
    """A state as shape and word. `plain` has no ground (for dense tables), `title` says why on hover."""
    look = look_of(state)
    css = f"badge is-{look.tone}{' is-plain' if plain else ''}{' is-large' if large else ''}"
    spin = "is-spinning" if look.spins else ""
    hint = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="{}"{}>{}{}</span>', css, hint, icon(look.icon, css=spin), word or look.word)


@register.simple_tag
def state_icon(state: object) -> SafeString:
    """A state's shape alone, with its word for screen readers; only where the word stands nearby."""
    look = look_of(state)
    return icon(look.icon, label=look.word, css="is-spinning" if look.spins else "")


@register.filter
def tone(state: object) -> str:
    """The tone of a state, for a class: is-{{ state|tone }}."""
    return look_of(state).tone


@register.filter
def state_word(state: object) -> str:
    return look_of(state).word


@register.simple_tag
def age(when: datetime | None, limit: object = None, ago: bool = True, never: str = "never") -> SafeString:
    """How long ago, ticking in the browser; past `limit` seconds it says that it is old. Absolute time on hover."""
    if not when:
        return format_html('<span class="age">{}</span>', never)
    past = formats.number_of(limit)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    seconds = (timezone.now() - aware).total_seconds()
    old = "is-old" if past is not None and seconds > past else ""
    text = formats.short_age(seconds) + (" ago" if ago else "")
    return format_html(
        '<time class="age {}" datetime="{}" title="{}" data-limit="{}" data-ago="{}">'
        '{}<span class="age-old">old, </span><span class="age-text">{}</span></time>',
        old,
        aware.astimezone(UTC).isoformat(timespec="milliseconds"),
        formats.moment(aware),
        "" if past is None else past,
        "1" if ago else "",
        icon("clock-alert"),
        text,
    )


@register.simple_tag
def sparkline(values: Iterable[float | None], **options: Any) -> SafeString:
    return draw_sparkline(values or (), **options)


def _split(value: Any, shape: str) -> tuple[str, str]:
    """A value and its unit, as stat shows them: the unit smaller."""
    if shape == "bytes":
        return formats.split_bytes(value)
    if shape == "number":
        return formats.split_compact(value)
    text = {
        "percent": formats.percent,
        "duration": formats.duration,
        "rate": formats.rate,
        "byte_rate": formats.byte_rate,
        "ms": formats.milliseconds,
    }.get(shape, str)(value)
    head, _, unit = text.partition(formats.SPACE)
    return head, unit


def _delta_look(delta: float | None, good: str) -> str:
    if not delta or good not in ("up", "down"):
        return ""
    return "is-good" if (delta > 0) == (good == "up") else "is-bad"


@register.simple_tag
def stat(label: str, value: Any, shape: str = "", **options: Any) -> SafeString:
    """One number. shape: bytes, number, percent, duration, ms, rate, byte_rate, or none with unit=.
    Options: unit, delta (a number, written by the same shape), good ("up" or "down" is good), spark (values),
    at, limit, status, href, note, title."""
    text, unit = (formats.NONE, "") if value is None else _split(value, shape) if shape else (str(value), "")
    delta = options.get("delta")
    shown = "" if delta is None else formats.SPACE.join(filter(None, _split(abs(delta), shape or "number")))
    return component(
        "stat",
        **{
            **options,
            "label": label,
            "text": text,
            "unit": unit or options.get("unit", ""),
            "delta_text": shown,
            "delta_look": _delta_look(delta, options.get("good", "")),
            "rising": bool(delta and delta > 0),
        },
    )


def meter_state(share: float | None, warn: float, crit: float) -> str:
    """ok, warning or critical; where crit is below warn, low is bad (a hit ratio)."""
    if share is None:
        return "neutral"
    if crit < warn:
        return "critical" if share < crit else "warning" if share < warn else "ok"
    return "critical" if share >= crit else "warning" if share >= warn else "ok"


@register.simple_tag
def meter(used: Any, limit: Any = 1, warn: float = 0.7, crit: float = 0.9, **options: Any) -> SafeString:
    """A share as bar and percent. Options: label (for screen readers), text (instead of percent), wide."""
    amount, whole = formats.number_of(used), formats.number_of(limit)
    share = amount / whole if amount is not None and whole else None
    state = meter_state(share, warn, crit)
    return component(
        "meter",
        state=state,
        look=look_of(state),
        width=f"{min(1.0, max(0.0, share or 0)) * 100:.1f}",
        at=(f"{warn * 100:.0f}", f"{crit * 100:.0f}"),
        share=formats.percent(share),
        **options,
    )


@register.simple_tag
def plot(figure: Any, id: str, label: str = "", size: str = "", empty: str = "No values stored yet.") -> SafeString:
    """A Plotly figure (dict, JSON or Figure), drawn by plotly.js, which is loaded only then. size: short or tall."""
    shown = figures.as_dict(figure) if figure else {"data": [], "layout": {}}
    json_text = figures.script_json(shown) if figures.points(shown) else ""
    return component("plot", id=id, label=label, size=size, empty=empty, json_text=json_text)
