"""Ctrl-C is never lost: not while an answer is waited for, not in a pause, not inside code that swallows exceptions."""

import gc
import signal
import threading

import pytest

from novaops.cli.interrupts import Waiting, until_ctrl_c


def pressed() -> None:
    signal.raise_signal(signal.SIGINT)


def test_nobody_waits_for_an_answer_after_ctrl_c() -> None:
    never = threading.Event()
    with until_ctrl_c() as waiting:
        threading.Timer(0.1, pressed).start()
        assert waiting.answer(never.wait) is None and waiting.interrupted
        waiting.pause(3600)
        assert waiting.answer(lambda: 7) is None, "it waits for nothing more"
    never.set()


def test_answers_and_problems_come_back_where_they_were_asked_for() -> None:
    def fails() -> int:
        raise LookupError("nothing there")

    waiting = Waiting()
    assert waiting.answer(lambda: 7) == 7
    with pytest.raises(LookupError, match="nothing there"):
        waiting.answer(fails)
    assert waiting.answer(lambda: 8) == 8 and not waiting.interrupted


def test_a_finalizer_that_swallows_everything_does_not_swallow_it() -> None:
    class Closing:
        def __del__(self) -> None:
            pressed()

    with until_ctrl_c() as waiting:
        Closing()
        gc.collect()
        assert waiting.interrupted


def test_what_ctrl_c_did_before_it_does_afterwards() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with until_ctrl_c() as waiting:
            pressed()
            assert waiting.interrupted
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nobody_listens() -> None:
    def wait() -> None:
        with until_ctrl_c() as waiting:
            heard.append(waiting.answer(lambda: 7))

    heard: list[int | None] = []
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(timeout=60)
    assert heard == [7]
