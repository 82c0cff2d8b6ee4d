"""A stream asks again and again whether its person may still hear it."""

import asyncio

from novaops.live.hub import Hub
from novaops.live.messages import Message
from novaops.live.stream import ALIVE, FIRST, stream


class QuietHub(Hub):
    """A hub whose connection is not needed."""

    async def _listen(self) -> None:
        self._listening.set()
        await asyncio.Event().wait()


async def _until_refused() -> list[bytes]:
    answers = iter([True, False])
    hub = QuietHub()

    async def may_stay() -> bool:
        for subscription in hub._subscriptions:
            subscription.hear(Message("fleet_alpha", "samples"))
            subscription.hear(Message("fleet_beta", "samples"))
        return next(answers)

    return [part async for part in stream(hub, "fleet_alpha", may_stay, heartbeat=0.02)]


def test_a_stream_ends_at_the_first_heartbeat_that_is_refused() -> None:
    assert asyncio.run(_until_refused()) == [FIRST, ALIVE, Message("fleet_alpha", "samples").to_stream()]


def test_a_page_that_does_not_keep_up_is_ended() -> None:
    async def flood() -> int:
        hub = QuietHub()
        with hub.subscribed("fleet_alpha") as subscription:
            for _ in range(1000):
                subscription.hear(Message("fleet_alpha", "samples"))
            assert subscription.ended
            heard = 0
            while await subscription.next(1) is not None:
                heard += 1
            return heard

    assert asyncio.run(flood()) == 200
