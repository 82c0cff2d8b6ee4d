"""People, fleets, and which person holds which role on which fleet: the public schema of the control database."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django_tenants.models import TenantMixin

from novaops.fleets.rights import Right, Role

LEAST_MONTHS = 12
slug_shape = RegexValidator(
    r"^[a-z][a-z0-9-]{0,39}$",
    "A fleet's slug is lower-case letters, digits and dashes, at most 40, and begins with a letter.",
)


class Person(AbstractUser):
    """Somebody who signs in, or a machine, which has tokens alone. What they may do, memberships say per fleet."""

    is_machine = models.BooleanField(default=False, help_text="It has no password: it calls the API with a token.")

    limited_to: frozenset[Right] | None = None
    """Set where a token speaks for the person: of their rights, only these. None: not limited."""
    through = ""
    """Set where a token speaks for the person: "token:7"."""

    def check_password(self, raw_password: str | None) -> bool:
        return not self.is_machine and super().check_password(raw_password)


class Fleet(TenantMixin):  # type: ignore[misc]
    """One fleet; its data lives in a schema of its own, `fleet_<slug>`."""

    auto_create_schema = True

    slug = models.SlugField(max_length=40, unique=True, validators=[slug_shape])
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    cycle_seconds = models.PositiveSmallIntegerField(default=5, help_text="How often servers are asked, in seconds.")
    change_log_months = models.PositiveSmallIntegerField(
        default=LEAST_MONTHS, help_text="For how long records of the change log are kept, at least."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(change_log_months__gte=LEAST_MONTHS), name="change_log_kept_for_a_year"
            )
        ]

    objects: ClassVar[models.Manager["Fleet"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person on one fleet."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    fleet = models.ForeignKey(Fleet, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    since = models.DateTimeField(auto_now_add=True)
    granted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "fleet", "role"], name="one_row_per_role")]
