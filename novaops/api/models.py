"""Tokens of people and machines, and the answers that are kept for a request that is sent again."""

from datetime import datetime

from django.db import connection, models

from novaops.fleets.models import Person


class ApiToken(models.Model):
    """Speaks for a person on this fleet. Of its secret only the digest is stored, so nobody can read it here."""

    # People live in another schema, so the database does not watch this link.
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=8, help_text="The first characters of the secret.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the secret, in hexadecimal.")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    last_address = models.CharField(max_length=45, blank=True)
    refused_at = models.DateTimeField(null=True, help_text="When somebody last failed to use it.")
    revoked_at = models.DateTimeField(null=True)
    revoked_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def prefix(self) -> str:
        """How it begins: enough to recognise it, too little to use it."""
        return f"novaops_{connection.tenant.slug}_{self.pk}_{self.hint}"  # type: ignore[attr-defined]

    @property
    def subject(self) -> str:
        return f"token:{self.pk}"

    def state(self, now: datetime) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"


class KeptAnswer(models.Model):
    """A POST with an idempotency key, and what was answered; `status` is empty until it was."""

    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=300, blank=True, help_text="The address of what the answer tells of.")
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_per_key")]
