"""Who said what about a confirmed operation that waits for other people."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from novaops.operations.choices import Decision
from novaops.operations.models.operations import Operation


class Approval(models.Model):
    """The last word of one person on one operation, and on the plan that they read; the change log has every word."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="approvals")
    # People live in another schema: the copied name is the evidence.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    person_name = models.CharField(max_length=150)
    decision = models.CharField(max_length=10, choices=Decision)
    comment = models.TextField(blank=True)
    fingerprint = models.CharField(
        max_length=64, help_text="Of the plan that it was given for; it counts for no other."
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["operation", "person"], name="one_word_per_person")]

    def __str__(self) -> str:
        return f"{self.person_name} {self.decision} operation {self.operation_id}"
