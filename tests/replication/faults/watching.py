"""One fault, from its beginning until nothing is left to say of it."""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from metrics.contract import Finding, Severity
from tests.replication.faults.scene import Scene

LOOK_EVERY = 0.25
CYCLE = 5.0
TWO_CYCLES = 2 * CYCLE
STEADY_FOR = 3 * CYCLE
CLEAR_WITHIN = 150.0
GIVE_UP = 25.0
TAKEN_OVER = "took over"
# What is said of the past stays for some time.
OF_THE_PAST = "took over|had taken over"


@dataclass(frozen=True)
class Expected:
    """What has to be said: a part of its sentence, and within how many seconds of the fault."""

    sentence: str
    within: float = TWO_CYCLES + 1  # a silent server is waited for


@dataclass(frozen=True)
class Fault:
    """`make` breaks something and registers with the stack how it is mended. Each of the expected is said, the last one
    until it is mended, and beside them nothing else that needs a look, but for what is `also` said: a part of it."""

    name: str
    make: Callable[[Scene, ExitStack], None]
    expected: tuple[Expected, ...]
    after: Callable[[Scene], str] | None = None  # what else was seen once it is mended
    also: str = ""


@dataclass
class Seen:
    fault: str
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def watch(scene: Scene, fault: Fault, say: Callable[[str], None]) -> Seen:
    """One that cannot be made, or mended, is a problem too, and the next one is tried."""
    seen = Seen(fault.name)
    try:
        _watched(scene, fault, seen, say)
    except Exception as problem:
        seen.problems.append(f"{type(problem).__name__}: {problem}")
        say(f"  {seen.problems[-1]}")
    return seen


def _watched(scene: Scene, fault: Fault, seen: Seen, say: Callable[[str], None]) -> None:
    scene.wait_whole()
    before = {_token(one) for one in _quiet(scene)}
    with ExitStack() as mending:
        began = time.monotonic()
        fault.make(scene, mending)
        took = time.monotonic() - began
        before |= {_token(one) for one in scene.findings() if TAKEN_OVER in one.sentence}
        began = time.monotonic()
        say(f"{fault.name}: made in {took:.1f} s")
        for expected in fault.expected:
            _expect(scene, expected, began, before, seen, say)
        if not seen.problems:
            _steady(scene, fault, before, seen, say)
    scene.wait_whole()
    mended = time.monotonic()
    left = _until_clear(scene, before)
    if left:
        seen.problems.append(f"still said {CLEAR_WITHIN:.0f} s after it was mended: {'; '.join(left)}")
    say(f"  nothing is said any more {time.monotonic() - mended:.0f} s after the shard was whole")
    if fault.after:
        seen.lines.append(fault.after(scene))
        say(f"  {seen.lines[-1]}")


def _token(one: Finding) -> str:
    """What makes it another finding than before; of failovers, who took over and when, whoever follows by now."""
    return one.sentence.partition(": ")[0] if TAKEN_OVER in one.sentence else one.key


def _quiet(scene: Scene) -> tuple[Finding, ...]:
    """What is said although nothing is broken, once that has settled."""
    last, since = scene.findings(), time.monotonic()
    while time.monotonic() - since < TWO_CYCLES:
        time.sleep(LOOK_EVERY)
        found = scene.findings()
        if {one.key for one in found} != {one.key for one in last}:
            last, since = found, time.monotonic()
    return last


def _expect(
    scene: Scene, expected: Expected, began: float, before: set[str], seen: Seen, say: Callable[[str], None]
) -> None:
    told: dict[str, str] = {}
    while (passed := time.monotonic() - began) < expected.within + GIVE_UP:
        found = [one for one in scene.findings() if _token(one) not in before]
        for one in found:
            if told.get(one.key) != one.sentence:
                told[one.key] = one.sentence
                say(f"  {passed:5.1f} s  {one.severity.label}: {one.sentence} -> {one.next_step}")
        hit = next((one for one in found if re.search(expected.sentence, one.sentence)), None)
        if hit:
            seen.lines.append(f"{passed:.1f} s: {hit.sentence} {hit.next_step}")
            if passed > expected.within:
                seen.problems.append(f"“{expected.sentence}” was said after {passed:.1f} s, not {expected.within:.0f}")
            if not hit.next_step:
                seen.problems.append(f"“{hit.sentence}” names no next step")
            return
        time.sleep(LOOK_EVERY)
    seen.problems.append(f"“{expected.sentence}” was not said; instead: {'; '.join(told.values()) or 'nothing'}")
    say(f"  NOT SAID: {expected.sentence}")


def _steady(scene: Scene, fault: Fault, before: set[str], seen: Seen, say: Callable[[str], None]) -> None:
    """It stays until the fault is mended, and what follows from it is not told beside it."""
    until, others, last = time.monotonic() + STEADY_FOR, dict[str, str](), fault.expected[-1].sentence
    known = "|".join([*(one.sentence for one in fault.expected), *([fault.also] if fault.also else [])])
    while time.monotonic() < until:
        found = scene.findings()
        if not any(re.search(last, one.sentence) for one in found):
            told = "; ".join(one.sentence for one in found if _token(one) not in before)
            seen.problems.append(f"“{last}” came and went; instead: {told or 'nothing'}")
            return
        for one in found:
            if _token(one) in before or one.severity == Severity.INFO or re.search(known, one.sentence):
                continue
            if others.get(one.key) != one.sentence:
                others[one.key] = one.sentence
                say(f"  beside: {one.severity.label}: {one.sentence}")
        time.sleep(LOOK_EVERY)
    if others:
        seen.problems.append(f"beside it: {'; '.join(others.values())}")


def _until_clear(scene: Scene, before: set[str]) -> list[str]:
    deadline = time.monotonic() + CLEAR_WITHIN
    while time.monotonic() < deadline:
        left = [
            one.sentence
            for one in scene.findings()
            if _token(one) not in before and not re.search(OF_THE_PAST, one.sentence)
        ]
        if not left:
            return []
        time.sleep(LOOK_EVERY)
    return left
