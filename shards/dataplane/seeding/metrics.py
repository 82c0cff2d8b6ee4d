"""The demo's measurements: one VM in fifty (and one of every tenant), every fifteen minutes."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from shards.dataplane.seeding.rows import Possessions, Vm

STEP = timedelta(minutes=15)
ONE_IN = 50
STEPS_OF_A_DAY = int(timedelta(days=1) / STEP)


def measured(owned: Possessions) -> tuple[Vm, ...]:
    return owned.vms[::ONE_IN]


def moments(until: datetime, days: int) -> list[list[datetime]]:
    """The times of measurement of the last `days` days, by UTC day, so that a day's partition is filled at once."""
    last = until.replace(minute=until.minute // 15 * 15, second=0, microsecond=0)
    times = [last - STEP * step for step in range(days * STEPS_OF_A_DAY)]
    by_day: dict[object, list[datetime]] = {}
    for moment in reversed(times):
        by_day.setdefault(moment.date(), []).append(moment)
    return list(by_day.values())


def lines(owned: list[Possessions], until: datetime, days: int) -> Iterator[str]:
    """In the order of the primary key inside each day."""
    subjects = [(each.tenant.tenant_id, vm) for each in owned for vm in measured(each)]
    subjects.sort(key=lambda subject: (subject[0], subject[1].id))
    for times in moments(until, days):
        texts = [(moment.isoformat(), _wave(moment)) for moment in times]
        for tenant_id, vm in subjects:
            yield _day(tenant_id, vm, texts)


def _wave(moment: datetime) -> float:
    """Low at night, high in the afternoon, from 0 to 1."""
    hour = moment.hour + moment.minute / 60
    return 0.5 - 0.5 * math.cos((hour - 3) / 24 * 2 * math.pi)


def _day(tenant_id: str, vm: Vm, texts: list[tuple[str, float]]) -> str:
    random = Random(f"{vm.id} {texts[0][0]}")  # noqa: S311
    base, swing, memory = 4 + random.random() * 30, 10 + random.random() * 45, 400 + 250 * vm.profile
    start = f"{tenant_id}\t{vm.id}"
    noise = random.random
    return "".join(
        f"{time}\t{start}\t{base + swing * wave + 8 * (part := noise()):.1f}\t{memory + int(200 * wave + 90 * part)}"
        f"\t{int(4e6 + 9e7 * wave * part)}\t{int(2e6 + 6e7 * wave * part)}\n"
        for time, wave in texts
    )
