"""The form in which a move is turned while it runs."""

from django import forms

from novaops.operations.decision_forms import DecisionForm, ZoneField
from shards.moves.models import Move
from shards.moves.turning import MOST_MB, Pace


class PaceForm(DecisionForm):
    limit_mb = forms.FloatField(
        label="At most, MB a second",
        required=False,
        min_value=0.1,
        max_value=MOST_MB,
        help_text="As fast as it goes if empty.",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    hours_from = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    hours_until = forms.TimeField(
        label="Until", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    time_zone = ZoneField()

    @classmethod
    def of(cls, move: Move) -> "PaceForm":
        return cls(initial={name: getattr(move, name) for name in cls.base_fields})

    @property
    def pace(self) -> Pace:
        return Pace(**self.cleaned_data)
