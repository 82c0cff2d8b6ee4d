"""What the style guide shows: examples of every component's input, never shown as a fleet's own value."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator

from novaops.ui import formats
from novaops.ui.icons import ICONS
from novaops.ui.states import LOOKS

TOKENS: dict[str, tuple[str, ...]] = {
    "Ground and ink": (
        "canvas",
        "surface",
        "sunken",
        "raised",
        "hover",
        "border",
        "border-strong",
        "control",
        "text",
        "text-soft",
        "text-faint",
    ),
    "What can be clicked": ("accent", "accent-strong", "accent-soft", "ink", "on-ink"),
    "States": tuple(
        f"{tone}-{use}"
        for tone in ("ok", "warning", "critical", "info", "old", "neutral")
        for use in ("text", "mark", "soft")
    ),
    "Plots": (*(f"series-{index}" for index in range(1, 9)), "grid"),
}
SIZES = (("xs", "11"), ("s", "12"), ("m", "13"), ("l", "15"), ("xl", "20"), ("2xl", "26"))
SPACES = (("s1", "4"), ("s2", "8"), ("s3", "12"), ("s4", "16"), ("s5", "24"), ("s6", "32"), ("s7", "48"))
STATE_GROUPS: dict[str, tuple[str, ...]] = {
    "How a server or a value is": ("ok", "warning", "degraded", "critical", "unreachable", "unknown", "old", "info"),
    "What a shard takes": ("active", "readonly", "draining", "offline"),
    "Where an operation or a step stands": (
        "requested",
        "planned",
        "waiting",
        "approved",
        "rejected",
        "scheduled",
        "queued",
        "pending",
        "running",
        "paused",
        "done",
        "skipped",
        "reverted",
        "failed",
        "errored",
        "refused",
        "stale",
        "expired",
        "cancelling",
        "cancelled",
    ),
    "How a check ended": ("passed", "warned", "failed"),
    "How much harm it can do": ("low", "medium", "high", "break-glass"),
}
FORMATS: tuple[tuple[str, Callable[[object], str], Any], ...] = (
    ("bytes", formats.human_bytes, 1_610_612_736),
    ("bytes", formats.human_bytes, 912),
    ("number", formats.human_number, 50_000),
    ("compact", formats.compact, 1_234_567),
    ("percent", formats.percent, 0.9996),
    ("rate", formats.rate, 4312.4),
    ("byte_rate", formats.byte_rate, 3_400_000),
    ("duration", formats.duration, 0.0124),
    ("duration", formats.duration, 93),
    ("duration", formats.duration, 187_200),
    ("ms", formats.milliseconds, 1430),
    ("number", formats.human_number, None),
)


class SpecimenForm(forms.Form):
    candidate = forms.ChoiceField(
        choices=[("shard-1-b", "shard-1-b (sync standby)"), ("shard-1-c", "shard-1-c (replica)")],
        help_text="Who becomes leader.",
    )
    months = forms.IntegerField(min_value=1, max_value=24, help_text="How many months ahead, 1 to 24.")
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    pooled = forms.BooleanField(label="Hold clients in the pool meanwhile", required=False, initial=True)


@dataclass(frozen=True, slots=True)
class SpecimenStep:
    key: str
    title: str
    state: str = ""
    note: str = ""
    error: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class SpecimenFleet:
    slug: str
    name: str


def wave(count: int, base: float, swing: float, turns: float = 2.0) -> list[float]:
    return [
        round(base + swing * math.sin(turns * math.tau * i / count) + swing / 3 * math.sin(i * 1.7), 3)
        for i in range(count)
    ]


def plan() -> dict[str, Any]:
    return {
        "summary": "Make shard-1-b the leader of shard-1, in place of shard-1-a.",
        "checks": [
            {"outcome": "passed", "name": "Candidate answers", "reason": "shard-1-b answered in 3 ms.", "evidence": {}},
            {
                "outcome": "passed",
                "name": "Synchronous",
                "reason": "shard-1-b is the synchronous standby.",
                "evidence": {"sync_state": "sync"},
            },
            {
                "outcome": "warned",
                "name": "Slots",
                "reason": "1 logical slot on shard-1-a will not move: cdc_vms.",
                "evidence": {"slot": "cdc_vms", "wal_held": "48 MiB"},
            },
            {
                "outcome": "failed",
                "name": "Automatic failover",
                "reason": "Patroni is paused on shard-1; resume it first.",
                "evidence": {},
            },
        ],
        "blast": {
            "summary": "Writes of 118 tenants wait while the leader changes; reads go on.",
            "targets": ("shard-1", "shard-1-a", "shard-1-b"),
            "tenants": 118,
            "connections": 64,
            "bytes": 9_812_000_000,
            "write_pause_ms": 1400,
        },
        "steps": [
            {
                "key": "checkpoint",
                "title": "Checkpoint on shard-1-a",
                "consequence": "Shortens the pause; writes go on.",
            },
            {
                "key": "switch",
                "title": "Ask Patroni to switch over",
                "consequence": "Writes wait until shard-1-b has been promoted.",
            },
            {"key": "verify", "title": "Wait until all members follow shard-1-b", "consequence": ""},
        ],
        "point_of_no_return": "switch",
        "expected_seconds": 12,
    }


def steps(now: datetime) -> dict[str, list[SpecimenStep]]:
    def at(seconds: float) -> datetime:
        return now - timedelta(seconds=seconds)

    return {
        "running": [
            SpecimenStep(
                "count",
                "Count the keys of vm:",
                "done",
                "312,480 keys on 3 masters.",
                started_at=at(9),
                finished_at=at(7.6),
            ),
            SpecimenStep(
                "unlink",
                "Unlink them, slot by slot",
                "running",
                "redis-2 is being walked.",
                started_at=at(7.6),
                done=201_344,
                total=312_480,
            ),
            SpecimenStep("bump", "Raise the generation in Memcached", "pending"),
        ],
        "failed": [
            SpecimenStep(
                "create",
                "Create vms_2027_01 on shard-1",
                "done",
                "Created with 3 indexes.",
                started_at=at(64),
                finished_at=at(63.8),
            ),
            SpecimenStep(
                "create2",
                "Create vms_2027_01 on shard-2",
                "failed",
                started_at=at(63),
                finished_at=at(60),
                error="shard-2-a did not answer within 3 s. Nothing was created; run it again when the shard is back.",
            ),
            SpecimenStep("verify", "Look again at both shards", "skipped"),
        ],
    }


def figures(now: datetime) -> dict[str, Any]:
    times = [(now - timedelta(seconds=30 * (119 - i))).isoformat(timespec="seconds") for i in range(120)]
    lag = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": times,
                "y": values,
                "line": {"width": 1.75, "color": f"var(--series-{i})"},
            }
            for i, (name, values) in enumerate(
                (("shard-1-b", wave(120, 14, 6)), ("shard-1-c", wave(120, 40, 18, 3))), 1
            )
        ],
        "layout": {
            "yaxis": {"title": {"text": "replay lag, KiB"}},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 64,
                    "y1": 64,
                    "line": {"color": "var(--warning-mark)", "width": 1, "dash": "dot"},
                }
            ],
        },
    }
    sizes = {
        "data": [
            {
                "type": "bar",
                "name": "size",
                "x": ["shard-1", "shard-2", "shard-3", "shard-4"],
                "y": [9.1, 8.7, 4.2, 6.6],
                "marker": {"color": "var(--series-1)"},
            }
        ],
        "layout": {"yaxis": {"title": {"text": "GiB"}}, "hovermode": "closest"},
    }
    return {"lag": lag, "sizes": sizes}


def nodes(now: datetime) -> dict[str, Any]:
    def node(name: str, state: str, role: str, foot: str, edge: str = "", seconds: float = 3) -> dict[str, Any]:
        at = now - timedelta(seconds=seconds)
        return {"name": name, "state": state, "role": role, "foot": foot, "edge": edge, "at": at, "limit": 20}

    return {
        "front": [node("shard-1-pool", "ok", "PgBouncer", "64 of 200 clients")],
        "leader": node("shard-1-a", "ok", "Leader", "timeline 7"),
        "replicas": [
            node("shard-1-b", "ok", "Sync standby", "timeline 7", "0 B"),
            node("shard-1-c", "unreachable", "Replica", "timeline 6", "4 MiB", 240),
        ],
        "cascade": [
            {
                **node("shard-3-b", "ok", "Sync standby", "timeline 7", "in step"),
                "below": [
                    node("shard-3-d", "ok", "Replica", "timeline 7", "4 MiB"),
                    {**node("shard-3-e", "degraded", "Replica", "timeline 6", "9 MiB"), "broken": True},
                ],
            },
            node("shard-3-c", "ok", "Replica", "timeline 7", "in step"),
        ],
        "behind": [node("etcd", "warning", "2 of 3 answer", "")],
    }


def specimens(now: datetime) -> dict[str, Any]:
    bad = SpecimenForm({"candidate": "shard-1-b", "months": "40", "note": ""})
    return {
        "fleet": SpecimenFleet("demo", "Demo fleet"),
        "fleets": [SpecimenFleet("demo", "Demo fleet"), SpecimenFleet("staging", "Staging")],
        "tokens": TOKENS,
        "sizes": SIZES,
        "spaces": SPACES,
        "states": STATE_GROUPS,
        "all_states": tuple(LOOKS),
        "format_rows": [(name, given, show(given)) for name, show, given in FORMATS],
        "icons": sorted(ICONS),
        "form": SpecimenForm(),
        "bad_form": bad,
        "plan": plan(),
        "steps": steps(now),
        "figures": figures(now),
        "nodes": nodes(now),
        "empty_figure": {"data": [], "layout": {}},
        "page": Paginator(range(100_240), 50).get_page(7),
        "now": now,
        "earlier": now - timedelta(seconds=8),
        "old": now - timedelta(minutes=4),
        "wave": wave(40, 20, 6),
        "rising": [i * i / 30 + 2 for i in range(40)],
        "gap": [4, 5, 6, 5, None, None, None, 7, 6, 8, 9, 8],
        "none": [None, None],
        "lead_crumbs": [("Demo fleet", "#"), ("Replication", "#"), ("shard-1", "")],
    }
