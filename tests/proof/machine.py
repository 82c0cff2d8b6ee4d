"""The state machine of operations, driven in every order that hypothesis can think of: whatever people, workers, the
clock and the fleet do, an operation only goes where it may, and the records tell the same."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Role
from novaops.operations import services
from novaops.operations.choices import EXPIRING, Status, StepStatus
from novaops.operations.expiry import expire
from novaops.operations.models import Freeze, Operation, OperationLock
from novaops.operations.problems import Invalid, Refused
from novaops.operations.releasing import release_due
from tests.proof.driving import Drive, let_lease_run_out
from tests.proof.faults import Way
from tests.proof.verdict import story_violations
from tests.proof.world import NO_RETURN, STEPS, Easy, Moment, Risky, Twist

MOMENTS = strategies.builds(
    Moment, strategies.sampled_from(STEPS), strategies.sampled_from(Way), acted=strategies.booleans()
)
TWISTS = strategies.dictionaries(MOMENTS, strategies.sampled_from(Twist), max_size=4)
MOSTLY = strategies.sampled_from([True, True, True, False])
PEOPLE = ("operator", "approver", "on-call", "admin")
WHO = strategies.sampled_from(PEOPLE)
SOON = timedelta(hours=2)
Act = Callable[[Operation, Person], object]


class Operations(RuleBasedStateMachine):
    """`fleet`, `people` and `drive` are set by the test; the connection is on the fleet's schema."""

    fleet: ClassVar[Fleet]
    people: ClassVar[dict[str, Person]]
    drive: ClassVar[Drive]
    operations = Bundle("operations")

    def __init__(self) -> None:
        super().__init__()
        self.ours: list[int] = []
        self.ended: dict[int, tuple[str, str, object]] = {}
        self.world = self.drive.world
        self.world.colour = "blue"

    @rule(target=operations, kind=strategies.sampled_from([Easy.name, Risky.name]), thing=strategies.sampled_from("xy"))
    def request(self, kind: str, thing: str) -> object:
        try:
            operation = services.request(kind, {"thing": thing}, self.people["operator"], "To see where it goes.")
        except Refused:
            return multiple()
        self.ours.append(operation.pk)
        return operation.pk

    @rule(target=operations, thing=strategies.sampled_from("xy"), twists=TWISTS)
    def begin(self, thing: str, twists: dict[Moment, Twist]) -> object:
        number = self.request(Easy.name, thing)
        if isinstance(number, int):
            self.confirm_at_once(number)
            self.take_turn(number, twists)
        return number

    @rule(number=operations, who=WHO, later=strategies.booleans(), broken=strategies.booleans())
    def confirm(self, number: int, who: str, later: bool, broken: bool) -> None:
        operation = Operation.objects.get(pk=number)
        due = timezone.now() + SOON if later else None
        confirm: Act = lambda one, person: services.confirm(  # noqa: E731
            one, person, operation.plan.confirm, due_at=due, break_glass=broken
        )
        self._try(confirm, number, who)

    @rule(number=operations)
    def confirm_at_once(self, number: int) -> None:
        self.confirm(number, "operator", False, False)

    @rule(number=operations, who=WHO)
    def approve(self, number: int, who: str) -> None:
        self._try(services.approve, number, who)

    @rule(number=operations, who=WHO)
    def reject(self, number: int, who: str) -> None:
        self._try(lambda one, person: services.reject(one, person, "No."), number, who)

    @rule(number=operations, who=WHO)
    def withdraw(self, number: int, who: str) -> None:
        self._try(services.withdraw, number, who)

    @rule(number=operations)
    def cancel(self, number: int) -> None:
        self._try(services.cancel, number, "operator")

    @rule(number=operations)
    def pause(self, number: int) -> None:
        self._try(services.pause, number, "operator")

    @rule(number=operations)
    def resume(self, number: int) -> None:
        self._try(services.resume, number, "operator")

    @rule(number=operations, who=WHO)
    def acknowledge(self, number: int, who: str) -> None:
        self._try(lambda one, person: services.acknowledge(one, person, "Seen."), number, who)

    @rule(number=operations)
    def take_back(self, number: int) -> None:
        self._try(self._take_back, number, "operator")

    @rule(number=operations)
    def time_runs_out(self, number: int) -> None:
        Operation.objects.filter(pk=number, status__in=EXPIRING).update(expires_at=Now() - timedelta(seconds=1))
        expire()

    @rule(number=operations)
    def its_time_comes(self, number: int) -> None:
        scheduled = Operation.objects.filter(pk=number, status=Status.SCHEDULED)
        scheduled.update(due_at=Now() - timedelta(seconds=1), expires_at=Now() + timedelta(minutes=59))
        release_due()

    @rule(lifted=MOSTLY)
    def freeze(self, lifted: bool) -> None:
        if lifted:
            self.lift()
            return
        now = timezone.now()
        services.make_freeze(
            self.people["admin"], "Quiet", "Nothing today.", now, now + 2 * SOON, risks=[Easy.risk, Risky.risk]
        )

    def lift(self) -> None:
        for freeze in Freeze.objects.filter(lifted_at=None):
            services.lift_freeze(freeze, self.people["admin"])

    @rule(colour=strategies.sampled_from(["blue", "red"]))
    def fleet_changes(self, colour: str) -> None:
        self.world.colour = colour

    @rule(who=strategies.sampled_from(["operator", "approver", "on-call"]), holds=MOSTLY)
    def rights_change(self, who: str, holds: bool) -> None:
        role = Membership.objects.filter(person=self.people[who], fleet=self.fleet, role=Role(who))
        if not holds:
            role.delete()
        elif not role.exists():
            Membership.objects.create(person=self.people[who], fleet=self.fleet, role=Role(who))

    @rule(number=operations, twists=TWISTS)
    def take_turn(self, number: int, twists: dict[Moment, Twist]) -> None:
        self.drive.turn(number, twists)

    @rule(number=operations)
    def carry_through(self, number: int) -> None:
        """A worker comes whose turn nothing disturbs, once the lease of the one before has run out."""
        let_lease_run_out(number)
        self.drive.turn(number)

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        problems = [problem for one in Operation.objects.filter(pk__in=self.ours) for problem in self._problems(one)]
        assert not problems, "\n".join(problems)

    def teardown(self) -> None:
        """Whatever happened, people and workers bring every operation that began to its end."""
        self.lift()
        for who in ("operator", "approver", "on-call"):
            self.rights_change(who, True)
        for number in self.ours:
            self._bring_to_its_end(number)
        self.all_is_as_it_should_be()
        verdict = verify()
        assert verdict.whole, verdict.problem
        # The transaction of the test never ends: what waits for its end would only grow.
        connection.run_on_commit = []

    def _bring_to_its_end(self, number: int) -> None:
        for decide in (services.cancel if number % 2 else services.resume, services.resume):
            self.carry_through(number)
            self._try(decide, number, "operator")
        self.carry_through(number)
        operation = Operation.objects.get(pk=number)
        assert operation.state.terminal or operation.started_at is None, f"{operation} stays {operation.status}"

    def _problems(self, operation: Operation) -> Iterator[str]:
        yield from story_violations(operation)
        for (number, step, way), times in self.world.effects.items():
            if number == operation.pk and times > 1:
                yield f"{operation}: {step} happened {times} times, {way}."
        if operation.state.terminal:
            yield from self._problems_of_its_end(operation)
        elif operation.status != Status.RUNNING and operation.lease_owner:
            yield f"{operation} is {operation.status}, and a worker holds it."

    def _problems_of_its_end(self, operation: Operation) -> Iterator[str]:
        end = (operation.status, operation.outcome, operation.ended_at)
        if self.ended.setdefault(operation.pk, end) != end:
            yield f"{operation} had ended as {self.ended[operation.pk]}, and now as {end}."
        if operation.ended_at is None or operation.lease_owner or operation.lease_until or operation.reverting:
            yield f"{operation} is over, and its row says something else."
        if OperationLock.objects.filter(operation=operation).exists():
            yield f"{operation} is over, and holds locks."
        left, wanted = self.world.left_of(operation.pk), self._wanted(operation)
        if wanted is not None and left != wanted:
            yield f"{operation} is {operation.status}, and {left} stands."

    def _wanted(self, operation: Operation) -> list[str] | None:
        """What must stand in the end; None where that cannot be said."""
        if operation.pk in self.world.undo_failed:
            return None
        if operation.status == Status.DONE:
            return list(STEPS)
        passed = operation.steps.filter(key=NO_RETURN, status=StepStatus.DONE).exists()
        return None if passed else []

    def _take_back(self, operation: Operation, person: Person) -> None:
        self.ours.append(services.take_back(operation, person, "It was not needed.").pk)

    def _try(self, act: Act, number: int, who: str) -> None:
        """A refusal is an answer too."""
        with suppress(Refused, Invalid):
            act(Operation.objects.get(pk=number), self.people[who])
