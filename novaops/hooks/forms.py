"""Making and changing a hook: a webhook's address or those of an e-mail, and what it wants to hear."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from novaops.hooks.choices import Sort
from novaops.hooks.events import EVENTS, grouped
from novaops.hooks.guard import target
from novaops.hooks.models import Hook
from novaops.hooks.problems import AddressRefused
from novaops.hooks.services import Draft
from novaops.operations import registry
from novaops.operations.contract import Risk

MOST_ADDRESSES = 20


def _checks() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "check-grid"})


class HookForm(forms.Form):
    """Cleaned, it is a Draft. Of `url` and `mail_to` there is the one that belongs to the sort."""

    name = forms.CharField(label="Name", max_length=60, help_text="How the list and the change log call it.")
    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://receiver.example/novaops", "spellcheck": "false"}),
        help_text="Every event is a signed POST to it. No redirect is followed.",
    )
    mail_to = forms.CharField(
        label="Addresses",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "on-call@example.org", "spellcheck": "false"}),
        help_text=f"One or several, at most {MOST_ADDRESSES}, with commas or line breaks between them.",
    )
    events = forms.MultipleChoiceField(label="Tell of", choices=grouped, widget=_checks())
    risks = forms.MultipleChoiceField(
        label="Only operations of risk",
        choices=Risk.choices,
        required=False,
        widget=_checks(),
        help_text="None ticked: of any risk.",
    )
    kinds = forms.MultipleChoiceField(
        label="Only operations of kind",
        required=False,
        widget=_checks(),
        help_text="None ticked: of any kind.",
    )

    def __init__(self, data: Any, sort: Sort, hook: Hook | None = None) -> None:
        super().__init__(data, initial=_initial(hook))
        del self.fields["url" if sort == Sort.EMAIL else "mail_to"]
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField)
        kinds.choices = _kinds(hook.kinds if hook else [])

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable():
            raise ValidationError("A name is one line of text.")
        return name

    def clean_url(self) -> str:
        """No name server is asked while a page waits: a name is judged when something is sent."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            target(url, only_numbers=True)
        except AddressRefused as problem:
            raise ValidationError(str(problem)) from problem
        return url

    def clean_mail_to(self) -> tuple[str, ...]:
        words = str(self.cleaned_data["mail_to"]).replace(",", " ").replace(";", " ").split()
        found = tuple(dict.fromkeys(words))
        if len(found) > MOST_ADDRESSES:
            raise ValidationError(f"These are {len(found)} addresses; at most {MOST_ADDRESSES} are possible.")
        for address in found:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(f"“{address}” is no e-mail address.") from None
        return found

    @property
    def draft(self) -> Draft:
        found = self.cleaned_data
        return Draft(
            name=found["name"],
            events=tuple(found["events"]),
            url=found.get("url", ""),
            mail_to=found.get("mail_to", ()),
            kinds=tuple(found["kinds"]),
            risks=tuple(found["risks"]),
        )


def _initial(hook: Hook | None) -> dict[str, Any]:
    if hook is None:
        return {"events": [event.name for event in EVENTS if event.usual]}
    lists = {"events": hook.events, "kinds": hook.kinds, "risks": hook.risks}
    return {"name": hook.name, "url": hook.url, "mail_to": "\n".join(hook.mail_to), **lists}


def _kinds(chosen: list[str]) -> list[tuple[str, str]]:
    """Also those that were chosen when this installation still knew them."""
    known = {kind.name: kind.title for kind in registry.kinds()}
    return [*known.items(), *((name, name) for name in chosen if name not in known)]
