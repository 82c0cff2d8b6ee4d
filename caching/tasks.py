"""What beat asks for."""

from celery import shared_task

from caching.stream import guarding
from novaops.fleets.turns import in_each_fleet


@shared_task(ignore_result=True)
def guard_slots() -> None:
    in_each_fleet(guarding.guard, "The slots of the change stream were not looked at")
