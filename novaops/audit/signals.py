"""What the change log announces."""

from django.dispatch import Signal

awaited = Signal()
"""A record is about to be appended that is a transaction of its own; `record` is the Record, without its number, time
and hash. A receiver returns whether it wants to write something in that transaction: without anybody who does, the
record takes one call of the database and `recorded` is not sent. Whoever receives `recorded` receives this too."""

recorded = Signal()
"""A record was appended; `record` is the Record. Sent inside the transaction of the append: what a receiver writes
belongs to it, and an error of a receiver takes the record, and all that it tells of, back."""
