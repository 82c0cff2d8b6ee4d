"""The change log of a fleet: records that are only ever added, each bound to the one before it by a hash."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import models

from novaops.audit import pruned, signed, statements
from novaops.audit.actors import Actor, ActorKind
from novaops.audit.canonical import GENESIS, Body, digest, instant
from novaops.audit.pruned import Pruned
from novaops.audit.statements import Line, Statement


class Record(models.Model):
    """One thing that happened. UPDATE, DELETE and TRUNCATE are refused by triggers (migration 0002); how it is found by
    what `data` holds and by its words is in sql/finding.sql."""

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

    @property
    def exported(self) -> dict[str, Any]:
        """As an export writes it: what is hashed, and the hash."""
        return {**asdict(self.body), "hash": self.hash}

    def computed_hash(self) -> str:
        return digest(self.body)


class Head(models.Model):
    """The end of the chain: one row, locked by whoever appends; it only moves forward, one record at a time."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)


class Checkpoint(models.Model):
    """A signed statement of what the chain was at one moment. Only ever added, by a function of the database; `body` is
    the very text that is signed, and the columns beside it are read out of it."""

    number = models.BigIntegerField(primary_key=True)
    sequence = models.BigIntegerField(unique=True, help_text="The last record that it covers.")
    made_at = models.DateTimeField()
    key = models.CharField(max_length=64, help_text="The public key, 64 hex digits.")
    body = models.TextField()
    signature = models.CharField(max_length=128)
    frontier = models.JSONField(help_text="The tree's whole subtrees at that moment, from which it grows on.")
    added = models.JSONField(help_text="The subtrees of the records since the checkpoint before.")
    introduction = models.JSONField(null=True, help_text="What the key before signed about this one.")

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"checkpoint {self.number}, up to record {self.sequence}"

    @property
    def statement(self) -> Statement:
        """ValueError when the text is none."""
        return statements.statement_of(json.loads(self.body))

    @property
    def digest(self) -> str:
        return signed.digest(self.body.encode())

    @property
    def root(self) -> str:
        """As the text says it; empty where it no longer says one."""
        try:
            return self.statement.root
        except ValueError:
            return ""

    def line(self, before: Sequence[str]) -> Line:
        """As it is written down outside; `before` is the frontier of the checkpoint before it."""
        return Line(self.statement, self.signature, before, self.added, self.introduction)


class Pruning(models.Model):
    """A signed statement that the oldest part of the chain was taken away, with leave. Only ever added, by the owner of
    the tables; `body` is the very text that is signed, and the columns beside it are read out of it."""

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True, help_text="The last record that went.")
    made_at = models.DateTimeField()
    key = models.CharField(max_length=64, help_text="The public key, 64 hex digits.")
    body = models.TextField()
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"pruning {self.number}, up to record {self.last}"

    @property
    def statement(self) -> Pruned:
        """ValueError when the text is none."""
        return pruned.statement_of(json.loads(self.body))

    @property
    def said(self) -> Pruned | None:
        """The same for pages: None when the text is none."""
        try:
            return self.statement
        except ValueError:
            return None

    @property
    def digest(self) -> str:
        return signed.digest(self.body.encode())


class Signing(models.Model):
    """How making checkpoints goes in the background: one row, of whoever tried last."""

    tried_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    since = models.DateTimeField(null=True, help_text="Since when there is that problem.")
    altered = models.BooleanField(default=False, help_text="The problem is that the log is not what was written.")


class Delivery(models.Model):
    """How far a place outside the database has the checkpoints: it gets each, in their order, at least once."""

    sink = models.CharField(max_length=300, unique=True, help_text="Its address, without a password.")
    delivered = models.BigIntegerField(default=0, help_text="The number of the last checkpoint that it took.")
    delivered_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    since = models.DateTimeField(null=True, help_text="Since when it refuses.")
    attempts = models.PositiveIntegerField(default=0, help_text="In vain, one after the other.")
    next_at = models.DateTimeField(help_text="When it is tried again; whoever tries moves it on first.")

    class Meta:
        ordering = ["sink"]


class Verification(models.Model):
    """One reading of the whole change log, with its verdict once it has ended."""

    asked_by = models.CharField(max_length=150)
    started_at = models.DateTimeField(help_text="When it was asked for.")
    seen_at = models.DateTimeField(null=True, help_text="The last sign of life of the process that reads.")
    ended_at = models.DateTimeField(null=True)
    total = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0, help_text="So many are read; at the end, so many are good.")
    whole = models.BooleanField(null=True)
    first_bad = models.BigIntegerField(null=True)
    sentence = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at"]
