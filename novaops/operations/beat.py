"""Beat with the schedule in the control database. What an earlier version of the console put there, and this one no
longer does, goes when beat starts; what people made stays, and so do schedules of operations."""

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from novaops.operations.entries import OWN


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    def setup_schedule(self) -> None:
        forget_old(self.app.conf.beat_schedule)
        super().setup_schedule()


def forget_old(named: dict[str, object]) -> int:
    """How many of the console's own entries are gone, because they are not among these."""
    old = PeriodicTask.objects.filter(description=OWN).exclude(name__in=named)
    count: int = old.count()
    old.delete()
    return count
