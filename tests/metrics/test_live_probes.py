"""Every probe against every running server."""

from functools import partial

import pytest

from metrics import registry
from metrics.collector.outcomes import Job, Outcome, ask
from metrics.contract import State
from metrics.selectors import typed
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from tests.waiting import wait_for


@pytest.mark.parametrize("kind", list(ServerKind))
def test_every_probe_of_a_kind_answers_typed(live_fleet: Fleet, in_fleet: Fleet, kind: ServerKind) -> None:
    asked = [probe for probe in registry.probes() if probe.kind == kind]
    assert asked, f"nobody asks {kind.label}"
    for target in targets(kind):
        for probe in asked:
            job = Job(in_fleet.schema_name, 0, target, probe)
            outcome = wait_for(partial(_good, job), f"{probe.name} of {target.name}")
            assert isinstance(typed(probe.name, outcome.facts or {}), probe.facts)


def _good(job: Job) -> Outcome:
    outcome = ask(job)
    assert outcome.state == State.OK, outcome.cause
    return outcome
