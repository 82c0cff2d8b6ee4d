"""Fields of a request form that count only where another field has certain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from pydantic.fields import FieldInfo

from novaops.operations.contract.fields import APPLIES


@dataclass(frozen=True, slots=True)
class Applies:
    """`hint` says it to a person."""

    other: str
    values: tuple[str, ...]
    hint: str

    @property
    def when(self) -> str:
        return " ".join(self.values)


def applies_of(info: FieldInfo, fields: Mapping[str, forms.Field]) -> Applies | None:
    """None for a field that always counts. `fields` are those of the form."""
    extra = info.json_schema_extra
    if not isinstance(extra, dict) or APPLIES not in extra:
        return None
    said = cast("dict[str, Any]", extra[APPLIES])
    other = fields[said["field"]]
    labels = dict(getattr(other, "choices", ()))
    names = ", ".join(str(labels.get(value, value)) for value in said["values"])
    return Applies(said["field"], tuple(said["values"]), f"Counts only with {other.label}: {names}.")


class Applying(forms.Form):
    """A form some of whose fields have an Applies as `applies`. What stands in one that does not count is neither
    looked at nor passed on."""

    @property
    def idle(self) -> set[str]:
        """The names of fields that do not count, by what the form holds now."""
        return {name for name, field in self.fields.items() if not self._counts(getattr(field, "applies", None))}

    def clean(self) -> dict[str, Any]:
        for name in self.idle:
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)
        return self.cleaned_data

    def _counts(self, applies: Applies | None) -> bool:
        if applies is None:
            return True
        value = self[applies.other].value()
        return str(self.fields[applies.other].initial if value in (None, "") else value) in applies.values
