"""The change log of a fleet: records that are only ever added, each bound to the one before it by a hash."""

from django.db import models

from novaops.audit.actors import Actor, ActorKind
from novaops.audit.canonical import GENESIS, Body, digest, instant


class Record(models.Model):
    """One thing that happened. UPDATE, DELETE and TRUNCATE are refused by triggers (migration 0002)."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor = models.CharField(max_length=150, help_text="The name as it was then.")
    person_id = models.BigIntegerField(null=True, help_text="The person's id, for finding; the name is the evidence.")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    outcome = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["actor", "-sequence"], name="record_by_actor"),
            models.Index(fields=["verb", "-sequence"], name="record_by_verb"),
            models.Index(fields=["subject", "-sequence"], name="record_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor}: {self.verb} {self.subject}"

    @property
    def who(self) -> Actor:
        return Actor(ActorKind(self.actor_kind), self.actor, self.person_id)

    @property
    def body(self) -> Body:
        """What is hashed."""
        return Body(
            sequence=self.sequence,
            at=instant(self.at),
            actor_kind=str(self.actor_kind),
            actor=self.actor,
            person_id=self.person_id,
            verb=self.verb,
            subject=self.subject,
            outcome=self.outcome,
            data=self.data,
            previous_hash=self.previous_hash,
        )

    def computed_hash(self) -> str:
        return digest(self.body)


class Head(models.Model):
    """The end of the chain: one row, locked by whoever appends; it only moves forward, one record at a time."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
