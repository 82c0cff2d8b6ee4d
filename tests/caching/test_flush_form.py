"""The request form of a flush asks for what the scope needs, and nothing else counts."""

from collections.abc import Callable

import pytest
from django.test import Client

from caching.flush.kind import CacheFlush
from novaops.fleets.models import Fleet
from novaops.operations.forms import RequestForm, form_for

pytestmark = pytest.mark.django_db


def filled(**asked: str) -> RequestForm:
    return form_for(CacheFlush())({"reason": "Stale.", **asked})


def test_what_stands_in_another_scopes_field_does_not_count(in_fleet: Fleet) -> None:
    form = filled(scope="vm", tenant="acme", vm="7", text="left from before", tier="L9", family="vm")
    assert form.is_valid(), form.errors
    assert form.parameters == {"scope": "vm", "tenant": "acme", "vm": "7"}
    assert form.idle == {"family", "text", "node", "tier"}


def test_a_field_that_counts_is_looked_at(in_fleet: Fleet) -> None:
    assert "tier" in filled(scope="prefix", text="vm:7", tier="L9").errors


def test_the_default_scope_counts_where_none_is_sent(in_fleet: Fleet) -> None:
    form = filled(family="vm", tenant="acme")
    assert form.is_valid() and form.parameters == {"family": "vm"}


def test_a_link_opens_the_form_with_its_scope(fleet: Fleet, client_as: Callable[..., Client]) -> None:
    page = client_as("operator").get(f"/fleets/{fleet.slug}/operations/new/cache-flush/?scope=prefix&text=vm:7").text
    assert (
        'value="vm:7"' in page and 'class="applies" data-applies-to="scope" data-applies-when="prefix pattern' in page
    )
    assert 'class="applies is-idle" data-applies-to="scope" data-applies-when="family"' in page
    assert "Counts only with Scope: A family." in page
