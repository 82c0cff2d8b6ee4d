"""The forms of the page "API tokens"."""

from typing import Any

from django import forms
from django.conf import settings

from novaops.api.scopes import Scope
from novaops.fleets.models import Fleet, Person
from novaops.fleets.rights import Right, Role

LIKE_A_NAME = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
USUAL_DAYS = 90


class TokenForm(forms.Form):
    """A token for oneself; whoever manages the fleet also makes them for its machines. Cleaned, `owner` is a Person."""

    name = forms.CharField(
        label="What it is for",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Such as “deploy pipeline” or “my laptop”; you know it by this name later.",
    )
    owner = forms.ChoiceField(label="For whom")
    scopes = forms.MultipleChoiceField(
        label="What it may do", choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.OBSERVE]
    )
    days = forms.IntegerField(label="Days until it expires", min_value=1)

    def __init__(self, data: Any, *, fleet: Fleet, person: Person, rights: frozenset[Right]) -> None:
        super().__init__(data)
        self.owners = {str(one.pk): one for one in (person, *_machines(fleet, rights))}
        words = {key: "myself" if one == person else f"the machine {one.username}" for key, one in self.owners.items()}
        most = settings.TOKEN_DAYS_MAX
        days, owner = self.fields["days"], self.fields["owner"]
        owner.choices = list(words.items())  # type: ignore[attr-defined]
        days.max_value, days.initial = most, min(USUAL_DAYS, most)  # type: ignore[attr-defined]
        days.widget.attrs["max"] = str(most)
        days.help_text = f"At most {most}. It can be revoked at any time."

    def clean_owner(self) -> Person:
        return self.owners[self.cleaned_data["owner"]]


class MachineForm(forms.Form):
    """A machine and its first role."""

    username = forms.CharField(
        label="Name",
        max_length=150,
        widget=forms.TextInput(attrs=LIKE_A_NAME),
        help_text="It stands in the change log for all that the machine does. No password signs it in.",
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices)


def _machines(fleet: Fleet, rights: frozenset[Right]) -> list[Person]:
    if Right.MANAGE_FLEET not in rights:
        return []
    return list(Person.objects.filter(memberships__fleet=fleet, is_machine=True).distinct().order_by("username"))
