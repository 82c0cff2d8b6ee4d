"""For how long the change log is kept: shown to its readers, set by who manages the fleet, never less than a year."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import keep_change_log

ClientAs = Callable[..., Client]
PAGE = "/fleets/alpha/changes/retention/"
CHANGE = f"{PAGE}change"


def test_the_default_is_a_year_and_is_shown(fleet: Fleet, client_as: ClientAs) -> None:
    auditor = client_as("auditor")
    text = auditor.get(PAGE).text
    assert "12 months at least" in text and "record 1" in text and "Set it" not in text
    assert "Kept for at least 12 months" in auditor.get("/fleets/alpha/changes/").text
    assert client_as("viewer").get(PAGE).status_code == 403


def test_a_change_is_recorded_with_before_and_after(fleet: Fleet, client_as: ClientAs) -> None:
    admin = client_as("admin")
    assert "at least 36 months" in admin.post(CHANGE, {"months": "36"}, follow=True).text
    admin.post(CHANGE, {"months": "36"})
    with tenant_context(fleet):
        entry = Record.objects.get(subject="setting:change-log-retention")
    assert (entry.verb, entry.actor) == ("setting changed", "admin-alpha")
    assert entry.data == {"before": {"months": 12}, "after": {"months": 36}}
    assert "36 months" in admin.get(PAGE).text


@pytest.mark.parametrize("months", ["11", "0", "-1", "x", "", "1201"])
def test_less_than_a_year_is_refused(fleet: Fleet, client_as: ClientAs, months: str) -> None:
    assert client_as("admin").post(CHANGE, {"months": months}).status_code == 422
    fleet.refresh_from_db()
    assert fleet.change_log_months == 12
    with pytest.raises(FleetProblem, match="12 to 1200 months"):
        keep_change_log(fleet, 11)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fleet.objects.filter(pk=fleet.pk).update(change_log_months=11)


def test_only_who_manages_the_fleet_may_change_it(fleet: Fleet, other_fleet: Fleet, client_as: ClientAs) -> None:
    assert client_as("auditor").post(CHANGE, {"months": "36"}).status_code == 403
    assert client_as("admin", fleet=other_fleet).post(CHANGE, {"months": "36"}).status_code == 404
    assert client_as("admin").get(CHANGE).status_code == 405
