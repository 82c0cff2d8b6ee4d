"""For how long the change log is kept: its page, and the form that changes it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from novaops.audit.beginning import newest
from novaops.audit.models import Head, Record
from novaops.fleets.guards import right_required
from novaops.fleets.models import LEAST_MONTHS, Fleet
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.fleets.services import MOST_MONTHS, keep_change_log


class RetentionForm(forms.Form):
    months = forms.IntegerField(
        label="Months",
        min_value=LEAST_MONTHS,
        max_value=MOST_MONTHS,
        help_text=f"At least {LEAST_MONTHS}. The change is recorded.",
    )


@require_safe
@right_required(Right.READ_CHANGE_LOG, Right.MANAGE_FLEET)
def retention(request: FleetRequest) -> HttpResponse:
    return _page(request, RetentionForm(initial={"months": request.fleet.change_log_months}))


@require_POST
@right_required(Right.MANAGE_FLEET)
def change_retention(request: FleetRequest) -> HttpResponse:
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    months = form.cleaned_data["months"]
    changed = keep_change_log(request.fleet, months, by=request.user)
    messages.success(request, f"Records {'are now' if changed else 'were already'} kept for at least {months} months.")
    return redirect(fleet_path("retention"))


def kept(fleet: Fleet) -> dict[str, Any]:
    """`months`, the oldest record that there is, how many there are, and what was taken away last."""
    first = Record.objects.aggregate(first=Min("sequence"))["first"]
    oldest = Record.objects.defer("data").get(sequence=first) if first is not None else None
    last = Head.objects.values_list("sequence", flat=True).get()
    counted = {"oldest": oldest, "records": last - first + 1 if oldest else 0}
    return {"months": fleet.change_log_months, "pruned": newest(), **counted}


def _page(request: FleetRequest, form: RetentionForm, status: int = 200) -> HttpResponse:
    crumbs = [("Change log", fleet_path("changes")), ("Retention", "")]
    context = {"form": form, "crumbs": crumbs, "least": LEAST_MONTHS, **kept(request.fleet)}
    return render(request, "audit/retention.html", context, status=status)
