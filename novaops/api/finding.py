"""What an address names, or a sentence that says that there is no such thing."""

from typing import TypeVar

from django.db.models import Model
from django.http import Http404

from novaops.operations.models import Operation

Row = TypeVar("Row", bound=Model)


def operation_or_404(number: int) -> Operation:
    return found_or_404(Operation, number, "operation")


def found_or_404(model: type[Row], number: int, what: str) -> Row:
    """`what` is its word in the sentence."""
    found = model._default_manager.filter(pk=number).first()
    if found is None:
        raise Http404(f"This fleet has no {what} {number}.")
    return found
