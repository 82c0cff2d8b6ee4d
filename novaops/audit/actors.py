"""Who did it: a person, a schedule, or what acted by itself. The name is copied and outlives the account."""

from dataclasses import dataclass

from django.db.models import TextChoices

from novaops.fleets.models import Person


class ActorKind(TextChoices):
    PERSON = "person", "Person"
    SCHEDULE = "schedule", "Schedule"
    AUTOMATIC = "automatic", "Automatic"


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    name: str
    person_id: int | None = None
    through: str = ""
    """What spoke for a person, such as "token:7"; empty when they did it themselves."""

    @classmethod
    def person(cls, person: Person) -> "Actor":
        return cls(ActorKind.PERSON, person.get_username(), person.pk, person.through)

    @classmethod
    def schedule(cls, name: str) -> "Actor":
        return cls(ActorKind.SCHEDULE, name)

    @classmethod
    def automatic(cls, name: str) -> "Actor":
        """`name` is what acted by itself, such as "collector" or "patroni"."""
        return cls(ActorKind.AUTOMATIC, name)
