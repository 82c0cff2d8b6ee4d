"""Giving a role on the page "People"."""

from django import forms

from novaops.fleets.models import Person
from novaops.fleets.rights import Role

LIKE_A_NAME = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class GrantForm(forms.Form):
    """A person, by the name that they sign in with, and a role. Cleaned, `username` is the Person."""

    username = forms.CharField(
        label="Sign-in name",
        max_length=150,
        widget=forms.TextInput(attrs=LIKE_A_NAME),
        help_text="Somebody new is made on the server first: manage.py person create.",
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices)

    def clean_username(self) -> Person:
        person = Person.objects.filter(username=self.cleaned_data["username"], is_active=True).first()
        if person is None:
            raise forms.ValidationError("Nobody signs in with that name.")
        return person
