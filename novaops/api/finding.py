"""What an address names, or a sentence that says that there is no such thing."""

from django.http import Http404

from novaops.operations.models import Operation


def operation_or_404(number: int) -> Operation:
    found = Operation.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"This fleet has no operation {number}.")
    return found
