"""An address for each shard that leads to its leader by itself: what a virtual address, a name or HAProxy is elsewhere.

It asks each member's Patroni whether it leads, as HAProxy's check does, and drops connections to one that does not."""

import argparse
import asyncio
import http.client
import logging
import signal
from pathlib import Path

from novaops.sandbox import choices, probe
from novaops.sandbox.layout import HOST, Member, Shard

EVERY, TIMEOUT = 0.1, 0.5
CHUNK = 65536
log = logging.getLogger("leader-address")


class LeaderAddress:
    """One shard's address; `leader` is who it leads to, None while nobody leads."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.leader: Member | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        server = await asyncio.start_server(self._pass, HOST, self.shard.address)
        async with server:
            while True:
                await self._follow()
                await asyncio.sleep(EVERY)

    async def _follow(self) -> None:
        told = await asyncio.gather(*(asyncio.to_thread(leads, one) for one in self.shard.members))
        leading = [one for one, does in zip(self.shard.members, told, strict=True) if does]
        found = leading[0] if len(leading) == 1 else None
        if found == self.leader:
            return
        log.info("%s: leads to %s", self.shard.name, found.name if found else "nobody")
        self.leader = found
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Between a client and the leader, until one of them ends it."""
        self._open.add(writer)
        try:
            if self.leader is None:
                return
            behind, to_leader = await asyncio.open_connection(HOST, self.leader.postgres)
            self._open.add(to_leader)
            try:
                copies = [asyncio.create_task(_copy(reader, to_leader)), asyncio.create_task(_copy(behind, writer))]
                await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
                for one in copies:
                    one.cancel()
            finally:
                self._let_go(to_leader)
        except OSError as error:
            log.info("%s: %s", self.shard.name, error)
        finally:
            self._let_go(writer)

    def _let_go(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        return


def leads(member: Member) -> bool:
    try:
        probe.get(member.patroni, "/primary", TIMEOUT)
    except (OSError, http.client.HTTPException):
        return False
    return True


async def _serve(shards: tuple[Shard, ...]) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    serving = [asyncio.create_task(LeaderAddress(shard).serve()) for shard in shards]
    over = asyncio.create_task(ending.wait())
    done, _ = await asyncio.wait([*serving, over], return_when=asyncio.FIRST_COMPLETED)
    for task in (*serving, over):
        task.cancel()
    for task in done - {over}:
        task.result()


def main() -> None:
    parser = argparse.ArgumentParser(description="Addresses that follow the leaders.")
    parser.add_argument("--state", required=True, type=Path)
    state = parser.parse_args().state
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(_serve(choices.load(state).layout(state).shards))


if __name__ == "__main__":
    main()
