"""Keeps the way back of one move open: what the tenant writes on its new shard is written on its old one."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import Lock, OperationProblem, StepContext
from shards.moves import bringing, keeping, patroni_slots
from shards.moves.applying.applier import Applier
from shards.moves.models import Move, Phase
from shards.moves.returning import leases

logger = logging.getLogger(__name__)
STEP_SECONDS, NOTE_SECONDS, REMIND_SECONDS = 1.0, 2.0, 60.0
AGAIN_SECONDS, AGAIN_MOST_SECONDS = 1.0, 15.0


class Over(Exception):
    """This worker is to leave the way back: it was told so, or somebody else has it, or there is none any more."""


@dataclass
class Follower:
    """For one thread, which holds the lease of the move's way back."""

    fleet: Fleet
    move_id: int
    holder: str
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until the way back ends. Whatever breaks, it begins again where the old shard says that it is."""
        pause = AGAIN_SECONDS
        while not self.stop.is_set():
            try:
                with tenant_context(self.fleet):
                    self._follow()
            except Over:
                break
            except OperationProblem as problem:
                self._say(str(problem))
            except (DatabaseError, InterfaceError) as problem:
                connection.close()
                logger.warning("The control database does not answer: %s", problem)
            except Exception:  # the edge of the thread
                logger.exception("The way back of move %s broke", self.move_id)
            self.stop.wait(pause)
            pause = min(pause * 2, AGAIN_MOST_SECONDS)
        connection.close()

    def _follow(self) -> None:
        move = self._held()
        back = keeping.stream_of(move).reversed
        context = self._context(move)
        tables = bringing.caught_up(context, move, back)
        with Applier(back, context, tables) as applier:
            noted, reminded = 0.0, time.monotonic()
            while True:
                applier.step(STEP_SECONDS)
                context.progress(0, None, "")
                if time.monotonic() - noted > NOTE_SECONDS:
                    keeping.note(move, behind_bytes=applier.behind_bytes, held_bytes=applier.held_bytes, waits_for="")
                    noted = time.monotonic()
                if time.monotonic() - reminded > REMIND_SECONDS:
                    patroni_slots.leave_alone(back, context)
                    reminded = time.monotonic()

    def _context(self, move: Move) -> StepContext:
        """It acts for the move's tenant, with a token of its own: an operation that begins later ends it."""
        token = RawSQL("SELECT nextval('operations_fencing')", ())
        number = Move.objects.annotate(token=token).values_list("token", flat=True).get(pk=move.pk)
        return StepContext(
            operation_id=move.operation_id,
            fencing_token=number,
            arguments={},
            progress=self._still(),
            log=lambda line: logger.info("%s: %s", move, line),
            hold=self._insist,
            locks=(Lock("tenant", move.tenant_id),),
        )

    def _still(self) -> Callable[[int, int | None, str], None]:
        asked = time.monotonic()

        def progress(done: int, total: int | None, note: str) -> None:
            nonlocal asked
            if self.stop.is_set():
                raise Over
            if time.monotonic() - asked > 1.0:
                asked = time.monotonic()
                self._held()

        return progress

    def _insist(self) -> None:
        self._held()

    def _held(self) -> Move:
        found = leases.held(self.move_id, self.holder)
        if found is None or found.phase != Phase.MOVED:
            raise Over
        return found

    def _say(self, why: str) -> None:
        logger.warning("The way back of move %s does not get on: %s", self.move_id, why)
        try:
            with tenant_context(self.fleet):
                Move.objects.filter(pk=self.move_id, phase=Phase.MOVED).update(waits_for=why[:200])
        except (DatabaseError, InterfaceError):
            connection.close()
