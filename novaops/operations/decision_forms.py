"""The forms in which a person decides: confirm (now or at a time), repeat, freeze, and the policy of each risk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from novaops.operations.contract import Risk
from novaops.operations.policies import Rule
from novaops.operations.problems import Invalid
from novaops.operations.zones import on_the_clock, zone

APPROVALS = ((0, "Nobody else"), (1, "One other person"), (2, "Two other people"))
CRONTABS = (
    ("0 3 * * *", "every day at 03:00"),
    ("0 3 * * 1", "every Monday at 03:00"),
    ("0 3 1 * *", "the first of each month at 03:00"),
    ("*/30 * * * *", "every half hour"),
)


class WallField(forms.Field):
    """A time on the wall, without a zone: which moment that is says the time zone beside it."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return datetime.fromisoformat(str(value).strip()).replace(tzinfo=None)
        except ValueError:
            raise forms.ValidationError("Give a date and a time, such as 2026-11-24 03:00.") from None


class ZoneField(forms.CharField):
    """A time zone by name; browsers offer the names from the page's list."""

    widget = forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"label": "Time zone", "max_length": 64, "initial": "UTC", **options})

    def clean(self, value: Any) -> str:
        try:
            return zone(super().clean(value or self.initial)).key
        except Invalid as problem:
            raise forms.ValidationError(str(problem)) from problem


class DecisionForm(forms.Form):
    def add_problems(self, problem: Invalid) -> None:
        """Each sentence at its field; what belongs to none at the top."""
        fields: Mapping[str, str] = problem.fields or {"": str(problem)}
        for name, sentence in fields.items():
            self.add_error(name if name in self.fields else None, sentence)

    def moment(self, name: str) -> datetime:
        """The moment that a wall time, which was given, names in the form's time zone."""
        return on_the_clock(self.cleaned_data[name], self.cleaned_data["time_zone"])


class ConfirmForm(DecisionForm):
    due_at = WallField(label="Start at", required=False, help_text="Left empty, it starts as soon as it may.")
    time_zone = ZoneField()
    break_glass = forms.BooleanField(label="Break the glass", required=False)

    @property
    def due(self) -> datetime | None:
        return self.moment("due_at") if self.cleaned_data["due_at"] else None


class RepeatForm(DecisionForm):
    crontab = forms.CharField(
        label="When",
        max_length=200,
        help_text="Minute, hour, day of the month, month, day of the week (0 is Sunday).",
        widget=forms.TextInput(attrs={"list": "crontabs", "autocomplete": "off", "spellcheck": "false"}),
    )
    time_zone = ZoneField()


class FreezeForm(DecisionForm):
    name = forms.CharField(label="Name", max_length=100)
    reason = forms.CharField(label="Why", max_length=2000, help_text="Whoever is refused reads it.")
    risks = forms.MultipleChoiceField(
        label="Refuses", choices=Risk.choices, widget=forms.CheckboxSelectMultiple, initial=[Risk.MEDIUM, Risk.HIGH]
    )
    starts_at = WallField(label="From")
    ends_at = WallField(label="Until")
    time_zone = ZoneField()
    weekly = forms.BooleanField(label="Every seven days, at the same time of that clock", required=False)


class RuleForm(DecisionForm):
    """One risk's rule; its fields carry the risk's name, so that one page holds all of them."""

    approvals = forms.TypedChoiceField(label="Who else has to approve", choices=APPROVALS, coerce=int)
    ticket_required = forms.BooleanField(label="A change ticket is required", required=False)

    @property
    def rule(self) -> Rule:
        return Rule(self.cleaned_data["approvals"], self.cleaned_data["ticket_required"])
