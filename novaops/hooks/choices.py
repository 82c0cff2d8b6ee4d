"""What a hook is, and where a delivery stands. How a state looks is the UI's `states`."""

from django.db.models import TextChoices


class Sort(TextChoices):
    WEBHOOK = "webhook", "Webhook"
    EMAIL = "email", "E-mail"


class DeliveryStatus(TextChoices):
    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given up", "Given up"
