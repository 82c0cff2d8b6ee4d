"""The one setting of the change stream."""

from django import forms

GIB = 1024**3


class BoundForm(forms.Form):
    most_wal_gib = forms.FloatField(
        label="WAL that a slot may hold, GiB",
        min_value=0.1,
        max_value=10_000,
        help_text="Past it the slot is given up and all that was cached of the shard is old. PostgreSQL's own "
        "max_slot_wal_keep_size comes first where it is smaller.",
    )

    @property
    def bytes(self) -> int:
        return round(float(self.cleaned_data["most_wal_gib"]) * GIB)
