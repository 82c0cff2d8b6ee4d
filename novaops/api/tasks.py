"""What beat asks for."""

from celery import shared_task

from novaops.api.idempotency import forget_old
from novaops.fleets.turns import in_each_fleet


@shared_task(name="novaops.api.tasks.keep_house")
def keep_house() -> None:
    in_each_fleet(lambda fleet: forget_old(), "The answers kept for requests sent again were not tidied")
