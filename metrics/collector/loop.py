"""The collector: round after round over all fleets, until it is told to stop. Any number of them share the work."""

import logging
import os
import socket
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError, connection
from django_tenants.utils import tenant_context

from metrics.collector import store
from metrics.collector.outcomes import Outcome
from metrics.collector.workers import Workers
from metrics.services import remember_findings
from novaops.fleets.models import Fleet
from novaops.inventory.problems import InventoryProblem
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target

log = logging.getLogger(__name__)
WORKERS = 48
LOOK_AGAIN_SECONDS = 10.0  # for new fleets, servers and passwords
LONGEST_WAIT_SECONDS = 1.0
BATCH_SECONDS = 0.3  # answers of one round are stored together; who is slower does not keep the others waiting
RETRY_SECONDS = 1.0


@dataclass(slots=True)
class FleetRound:
    """One fleet as this collector knows it; times are monotonic seconds. `held` are answers not stored yet."""

    fleet: Fleet
    targets: dict[int, Target] = field(default_factory=dict)
    next_look: float = 0.0
    next_claim: float = 0.0
    held: dict[int, Outcome] = field(default_factory=dict)
    held_since: float = 0.0


class Collector:
    def __init__(self, workers: int = WORKERS) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.workers = Workers(workers)
        self.rounds: dict[str, FleetRound] = {}
        self._next_fleets = 0.0
        self._database_up = True

    def run(self, stop: threading.Event) -> None:
        log.info("Collector %s asks from now on", self.name)
        while not stop.is_set():
            self.turn()
        log.info("Collector %s ends", self.name)

    def turn(self) -> None:
        """Claim, ask, gather, store: once. The control database may be away meanwhile; nothing else may go wrong."""
        try:
            self._claim()
            self._gather(self._wait())
            self._flush()
            self._database_is(True)
        except (OperationalError, InterfaceError) as problem:
            self._database_is(False, str(problem))
            connection.close()
            time.sleep(RETRY_SECONDS)

    def _claim(self) -> None:
        self._look_for_fleets()
        for one in list(self.rounds.values()):
            if time.monotonic() < one.next_claim or self.workers.free <= 0:
                continue
            with tenant_context(one.fleet):
                self._look_for_servers(one)
                jobs = store.claim(one.fleet.schema_name, self.name, one.targets, self.workers.free)
                self._plan_next(one)
            hanging = [self.workers.submit(job) for job in jobs]
            self._hold([outcome for outcome in hanging if outcome])

    def _look_for_fleets(self) -> None:
        if time.monotonic() < self._next_fleets:
            return
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        fleets = {fleet.schema_name: fleet for fleet in Fleet.objects.all()}
        self.rounds = {name: self.rounds.get(name) or FleetRound(fleet) for name, fleet in fleets.items()}
        for name, fleet in fleets.items():
            self.rounds[name].fleet = fleet
        self._next_fleets = time.monotonic() + LOOK_AGAIN_SECONDS

    def _look_for_servers(self, one: FleetRound) -> None:
        if time.monotonic() < one.next_look:
            return
        one.next_look = time.monotonic() + LOOK_AGAIN_SECONDS
        try:
            one.targets = {target.server_id: target for target in targets()}
        except InventoryProblem as problem:
            log.error("The servers of %s cannot be asked: %s", one.fleet.slug, problem)
            one.targets = {}
        store.register(float(one.fleet.cycle_seconds))

    def _plan_next(self, one: FleetRound) -> None:
        seconds = store.seconds_to_next()
        wait = LONGEST_WAIT_SECONDS if seconds is None else min(max(0.02, seconds), LONGEST_WAIT_SECONDS)
        one.next_claim = time.monotonic() + wait

    def _wait(self) -> float:
        """Until the next thing to do, seconds."""
        now = time.monotonic()
        times = [one.next_claim for one in self.rounds.values()]
        times += [one.held_since + BATCH_SECONDS for one in self.rounds.values() if one.held]
        return max(0.01, min([*times, now + LONGEST_WAIT_SECONDS]) - now)

    def _gather(self, wait: float) -> None:
        self._hold(self.workers.collect(wait))

    def _hold(self, outcomes: list[Outcome]) -> None:
        """Kept until they are stored: while the control database is away, the last answer of each reading."""
        by_fleet: defaultdict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            by_fleet[outcome.job.schema].append(outcome)
        for schema, several in by_fleet.items():
            if one := self.rounds.get(schema):
                one.held_since = one.held_since if one.held else time.monotonic()
                one.held |= {outcome.job.reading_id: outcome for outcome in several}

    def _flush(self) -> None:
        for one in self.rounds.values():
            ripe = time.monotonic() - one.held_since >= BATCH_SECONDS or not self.workers.busy
            if not one.held or not ripe:
                continue
            with tenant_context(one.fleet):
                store.store(list(one.held.values()))
                one.held = {}
                remember_findings()

    def _database_is(self, up: bool, why: str = "") -> None:
        if up != self._database_up:
            log.warning(
                "The control database answers again" if up else "The control database does not answer: %s",
                *([] if up else [why.strip()]),
            )
        self._database_up = up
