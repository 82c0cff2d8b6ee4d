"""The request form of a kind, made from its parameters: one field each, and the reason."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from django import forms
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from novaops.operations.applying import Applying, applies_of
from novaops.operations.asked_for import label_of
from novaops.operations.contract import Kind, unit_of
from novaops.operations.contract.fields import LINES
from novaops.operations.field_types import Choices, bare, listed

RESERVED = frozenset({"reason", "ticket"})
# As `wrong_values` says it.
OUT_OF_RANGE = {
    "min_value": "%(show_value)s is too little: %(limit_value)s at least.",
    "max_value": "%(show_value)s is too much: %(limit_value)s at most.",
}


class RequestForm(Applying):
    """Base of the forms that `form_for` makes; what was filled in is checked again by the kind's own parameters."""

    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence; it stands in the change log.",
    )
    ticket = forms.CharField(label="Change ticket", max_length=100, required=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """What was filled in; what was left empty is left to the parameter's default."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in RESERVED}
        return {name: value for name, value in given.items() if value not in (None, "", [])}

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields of the kind's parameters."""
        return [self[name] for name in self.fields if name not in RESERVED]

    @property
    def words(self) -> list[forms.BoundField]:
        """The fields that every request has."""
        return [self[name] for name in self.fields if name in RESERVED]

    def unfinished(self) -> list[str]:
        """The parameters that are needed and were left empty. While somebody still fills the form in that is no
        mistake, and the words are not looked at: those errors are taken back."""
        missing = []
        for name, problems in self.errors.as_data().items():
            empty = all(problem.code == "required" for problem in problems)
            if empty or name in RESERVED:
                del self.errors[name]
            if empty and name not in RESERVED:
                missing.append(str(self.fields[name].label))
        return missing

    def add_problems(self, sentence: str, fields: Mapping[str, str]) -> None:
        """Each problem at its field; what belongs to none at the top."""
        for name, problem in fields.items():
            self.add_error(name if name in self.fields else None, problem)
        if not fields:
            self.add_error(None, sentence)


def form_for(kind: Kind[Any]) -> type[RequestForm]:
    choices = kind.choices()
    known = kind.parameters.model_fields
    fields = {name: _field(name, info, choices.get(name)) for name, info in known.items()}
    for name, info in known.items():
        setattr(fields[name], "applies", applies_of(info, fields))  # noqa: B010 (Django's fields declare none)
    made: type[RequestForm] = type(f"{type(kind).__name__}Form", (RequestForm,), dict(fields))
    made.base_fields = {**fields, **{name: made.base_fields[name] for name in ("reason", "ticket")}}
    return made


def _field(name: str, info: FieldInfo, choices: Choices | None) -> forms.Field:
    kind, optional = bare(info.annotation)
    common: dict[str, Any] = {
        "label": f"{label_of(name, info)}, {unit}" if (unit := unit_of(info)) else label_of(name, info),
        "help_text": info.description or "",
        "required": info.is_required() and not optional,
    }
    default = info.get_default(call_default_factory=True) if not info.validate_default else info.default
    if default not in (None, PydanticUndefined):
        common["initial"] = default.value if isinstance(default, Enum) else default
    return _by_type(kind, info, choices or listed(kind), common)


def _by_type(kind: Any, info: FieldInfo, choices: Choices | None, common: dict[str, Any]) -> forms.Field:
    if get_origin(kind) in (list, tuple, set, frozenset):
        several = choices or listed(get_args(kind)[0]) or []
        return forms.MultipleChoiceField(choices=several, widget=forms.CheckboxSelectMultiple, **common)
    if choices is not None:
        blank = [] if common["required"] or common.get("initial") else [("", "Let the plan choose")]
        return forms.ChoiceField(choices=[*blank, *choices], **common)
    if kind is bool:
        return forms.BooleanField(**{**common, "required": False})
    if kind is int:
        return forms.IntegerField(error_messages=OUT_OF_RANGE, **_limits(info), **common)
    if kind is float:
        return forms.FloatField(error_messages=OUT_OF_RANGE, **_limits(info), **common)
    if lines := _lines(info):
        common["widget"] = forms.Textarea(attrs={"rows": lines, "spellcheck": "false"})
    return forms.CharField(**common)


def _lines(info: FieldInfo) -> int:
    """How many lines it has to be written in; 0 for an ordinary field."""
    extra = info.json_schema_extra
    found = extra.get(LINES) if isinstance(extra, dict) else 0
    return found if isinstance(found, int) else 0


def _limits(info: FieldInfo) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for rule in info.metadata:
        if isinstance(rule, Ge):
            limits["min_value"] = rule.ge
        elif isinstance(rule, Gt):
            limits["min_value"] = rule.gt
        elif isinstance(rule, Le):
            limits["max_value"] = rule.le
        elif isinstance(rule, Lt):
            limits["max_value"] = rule.lt
    return limits
