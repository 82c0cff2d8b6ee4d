"""What beat asks for."""

from celery import shared_task
from django.utils import timezone

from metrics import housekeeping
from novaops.fleets.turns import in_each_fleet


@shared_task(ignore_result=True)
def keep_house() -> None:
    in_each_fleet(lambda fleet: housekeeping.keep_house(timezone.now()), "The samples were not tidied")
