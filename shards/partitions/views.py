"""The page about every partitioned table. It reads what is stored and asks no server."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import findings
from metrics.contract import Finding
from metrics.contract.snapshot import OLD_AFTER_CYCLES
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.ui.formats import human_number
from shards.partitions.page import ShardRows, shards, shortest, worst


@require_safe
@right_required(Right.VIEW)
def partitions(request: FleetRequest) -> HttpResponse:
    seen = snapshot()
    several = shards(seen, seen.at)
    found = [one for one in findings.current(seen, seen.at) if one.page == "partitions"]
    limits = [shard.seen.every_seconds for shard in several if shard.seen]
    context = {
        "shards": several,
        "found": found,
        "totals": totals(several),
        "verdict": verdict(several, found),
        "newest": min((one.seen.good_at for one in several if one.seen and one.seen.good_at), default=None),
        "limit": OLD_AFTER_CYCLES * max(limits, default=seen.cycle_seconds),
    }
    return render(request, "partitions/partitions.html", context)


def totals(several: tuple[ShardRows, ...]) -> dict[str, Any]:
    tables = [row.table for shard in several for row in shard.rows]
    first = shortest(several)
    gaps, default_rows = sum(len(table.gaps) for table in tables), sum(table.default_rows for table in tables)
    return {
        "tables_note": f"of {human_number(len(tables))} tables",
        "partitions": sum(len(table.partitions) for table in tables),
        "bytes": sum(table.bytes for table in tables),
        "gaps": gaps,
        "gaps_state": "warning" if gaps else "",
        "default_rows": default_rows,
        "default_state": "warning" if default_rows else "",
        "past_retention": sum(len(table.past_retention) for table in tables),
        "runway_seconds": max(0.0, (first[1].table.runway_days or 0.0) * 86_400) if first else None,
        "runway_state": first[1].runway_state if first and first[1].runway_state != "ok" else "",
        "runway_of": f"{first[1].name} on {first[0].name}" if first else "",
    }


def verdict(several: tuple[ShardRows, ...], found: list[Finding]) -> dict[str, str]:
    """The one line on top: the worst finding, else how far the shortest runway reaches."""
    first, problem = shortest(several), worst(found)
    if problem:
        more = f"{len(found)} findings on partitions" if len(found) > 1 else "One finding on partitions"
        return {"state": _word(problem), "title": more, "sentence": problem.sentence}
    if not any(shard.rows for shard in several):
        sentence = "The collector reads every shard's catalog; until it has, there is nothing to show."
        return {"state": "unknown", "title": "No partitioned table is known yet", "sentence": sentence}
    if first is None or first[1].table.runway_days is None:
        return {"state": "ok", "title": "Every partitioned table is in order", "sentence": "None of them can run out."}
    days = human_number(int(first[1].table.runway_days))
    sentence = f"{first[1].name} on {first[0].name} ends first, in {days} days."
    return {"state": "ok", "title": "Every table has partitions ahead", "sentence": sentence}


def _word(finding: Finding) -> str:
    return {30: "critical", 20: "warning"}.get(int(finding.severity), "info")
