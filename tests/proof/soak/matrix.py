"""The whole matrix of one kind: a worker killed at every point of every step, each way; frozen; two and four that race;
the control database restarted or killed under a step."""

from collections.abc import Callable, Iterator
from functools import partial

from novaops.operations.models import Operation
from novaops.sandbox import proc
from novaops.sandbox.control import Client
from tests.proof.cases.case import Subject
from tests.proof.faults import OF_A_STEP, OF_A_TURN, Fault, Mishap, Point, Way
from tests.proof.scene import Scene
from tests.proof.soak.attempt import Attempt
from tests.proof.trial import Event, Trial
from tests.waiting import wait_for


def attempts(scene: Scene, servers: Client, subject: Subject) -> Iterator[Attempt]:
    for way in ways(subject):
        for group, fault in (*killed(subject, way), *frozen(subject, way)):
            yield Attempt(subject.kind, group, fault.name, partial(tried, scene, subject, way, fault))
        for count in (2, 4):
            name = f"{count} workers race, {way}"
            yield Attempt(subject.kind, "race", name, partial(raced, scene, subject, way, count))
        for word, server in (("restarted", servers.restart), ("killed", partial(killed_and_back, servers))):
            for fault in held(subject, way):
                name = f"control database {word}, {fault.name}"
                run = partial(tried, scene, subject, way, fault, partial(to_control, server))
                yield Attempt(subject.kind, f"control database {word}", name, run)


def ways(subject: Subject) -> tuple[Way, ...]:
    return (Way.FORWARD, Way.BACK) if subject.back else (Way.FORWARD,)


def steps(subject: Subject, way: Way) -> range:
    return range(subject.steps if way is Way.FORWARD else subject.back)


def killed(subject: Subject, way: Way) -> list[tuple[str, Fault]]:
    found = [Fault(point, way, step) for step in steps(subject, way) for point in OF_A_STEP]
    found += [Fault(point, way) for point in OF_A_TURN]
    found += [call.fault() for call in subject.calls if call.way is way]
    return [("worker killed", fault) for fault in found]


def frozen(subject: Subject, way: Way) -> list[tuple[str, Fault]]:
    found = [Fault(Point.BEGUN, way, step, Mishap.FREEZE) for step in steps(subject, way)]
    found += [call.fault(Mishap.FREEZE) for call in subject.calls if call.way is way]
    return [("worker frozen", fault) for fault in found]


def held(subject: Subject, way: Way) -> list[Fault]:
    """Every point of the step in the middle."""
    middle = steps(subject, way)[len(steps(subject, way)) // 2]
    return [Fault(point, way, middle, Mishap.HOLD) for point in OF_A_STEP]


def tried(scene: Scene, subject: Subject, way: Way, fault: Fault, event: Event | None = None) -> list[str]:
    with subject.make(scene) as case:
        return Trial(scene, case, way, [fault], events={fault: event} if event else {}).problems()


def raced(scene: Scene, subject: Subject, way: Way, count: int) -> list[str]:
    with subject.make(scene) as case:
        return Trial(scene, case, way, at_once=count).problems()


def to_control(act: Callable[[str], None], operation: Operation) -> None:
    act("control")


def killed_and_back(servers: Client, name: str) -> None:
    """kill -9; another process answers when this returns."""
    victim = servers.status()[name].identity
    servers.kill(name, tree=True)
    wait_for(lambda: victim is None or not proc.alive(victim), f"{name} to be dead", every=0.01)
    started(servers, name)


def started(servers: Client, name: str) -> None:
    """Also where the supervisor has yet to notice that it is dead, and says that it cannot be started."""

    def answers() -> bool:
        servers.start(name)
        return True

    wait_for(answers, f"{name} to be started")
