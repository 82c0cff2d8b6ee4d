"""What beat asks for: checkpoints and their delivery, and the verification that is due or that somebody wants."""

from celery import shared_task
from django.utils import timezone

from novaops.audit import verification
from novaops.audit.keeping import keep
from novaops.fleets.turns import in_each_fleet


@shared_task(name="novaops.audit.tasks.look_again")
def look_again() -> None:
    in_each_fleet(lambda fleet: keep(timezone.now()), "The change log's checkpoints were not looked after")


@shared_task(name="novaops.audit.tasks.verify")
def verify() -> None:
    in_each_fleet(lambda fleet: verification.look_again(), "The change log was not verified")
