"""What the change log announces."""

from django.dispatch import Signal

recorded = Signal()
"""A record was appended; `record` is the Record. Sent inside the transaction of the append: what a receiver writes
belongs to it, and an error of a receiver takes the record, and all that it tells of, back."""
