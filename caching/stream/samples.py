"""What the parts tell, kept over time beside what servers tell: one sample per process and moment. Inside a fleet."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from caching.stream.parts import Report
from metrics.models import Sample
from metrics.selectors import RAW_FOR
from metrics.series import MINUTE, Point, Series, gathered
from novaops.inventory.models import Server, ServerKind

PROBE = "change-stream"
KEPT = ("delay_seconds", "behind_bytes", "held_bytes", "notices_total", "invalidations_total", "rows_total")


def keep(reports: Mapping[str, Report]) -> None:
    """By name of part; with the fleet's first NATS server, which all of them share."""
    values = {
        f"{name}:{number}": value
        for name, report in reports.items()
        for number, value in report.numbers.items()
        if number in KEPT
    }
    server = Server.objects.filter(kind=ServerKind.NATS, present=True).order_by("name").first()
    if server is not None and values:
        Sample.objects.create(server=server, probe=PROBE, at=timezone.now(), values=values)


def over_time(number: str, since: datetime) -> dict[str, Series]:
    """One number of every part that told of it, by its name: raw for the last hour, means of minutes for longer."""
    width = 0 if timezone.now() - since <= RAW_FOR else MINUTE
    rows = Sample.objects.filter(probe=PROBE, width_seconds=width, at__gte=since).order_by("at")
    points = [Point(at, values) for at, values in rows.values_list("at", "values")]
    names = sorted({key for point in points for key in point.values if key.endswith(f":{number}")})
    return {
        key.rpartition(":")[0]: gathered([point for point in points if key in point.values], [key])[key]
        for key in names
    }
