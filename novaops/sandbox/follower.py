"""Keeps every pool leading to its shard's leader: one process for all pools, started by the supervisor.

Level-triggered: every second it compares what Patroni says with what the pool was told, so that nothing is lost
when a member, a pool or this process itself was away. In between it sleeps on a session to the leader, which ends when
the leader does: from then on it looks again and again until there is another one.
"""

import argparse
import http.client
import json
import logging
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from novaops.sandbox import account, binaries, choices, probe
from novaops.sandbox.layout import HOST, Member, Pool, Shard
from novaops.sandbox.leader_session import LeaderSession
from novaops.sandbox.pool_targets import Targets, choose, databases_file
from novaops.sandbox.servers import pgbouncer
from novaops.sandbox.servers.bootstrap import CONSOLE_ROLE, DATABASE
from novaops.sandbox.site import Site

EVERY = 1.0
# After the leader ended its sessions, until another one leads, or this one again.
QUICK, QUICK_SECONDS = 0.03, 30.0
TIMEOUT = 1.5
log = logging.getLogger("follower")


class PoolFollower:
    """One pool of a shard; `told` is what it is known to have loaded."""

    def __init__(self, site: Site, shard: Shard, pool: Pool) -> None:
        self.site, self.shard, self.pool = site, shard, pool
        self.told: Targets | None = None
        self.asked = 0
        self.session = LeaderSession()
        self.quick_until = 0.0

    def look(self) -> None:
        """Compare once and act on the difference; never raises for a server that is away."""
        wanted = self._wanted()
        if wanted is None or wanted == self.told:
            self._listen()
            return
        self.site.write(self.pool.name, pgbouncer.DATABASES, databases_file(wanted))
        try:
            reload_pool(pgbouncer.admin_dsn(self.site, self.pool))
        except psycopg.Error as error:
            log.warning("%s does not answer, trying again: %s", self.pool.name, str(error).strip())
            return
        log.info("%s: primary on port %s, replica on port %s", self.pool.name, wanted.primary, wanted.replica)
        self.told = wanted
        self._listen()

    def _wanted(self) -> Targets | None:
        """Where the shard has an address that follows its leader, writes always lead there."""
        found = choose(self._members(), self.told)
        return replace(found, primary=self.shard.address) if found and self.shard.address else found

    def rest(self, ending: threading.Event) -> None:
        """Until the next look: soon while the leader changes."""
        if time.monotonic() < self.quick_until:
            ending.wait(QUICK)
        elif self.session.ended_within(EVERY):
            self.quick_until = time.monotonic() + QUICK_SECONDS

    def _listen(self) -> None:
        """To the leader that the pool was told of; a session that was had is the end of looking quickly."""
        if self.told and self.session.open(leader_dsn(self.site, self.told.primary)):
            self.quick_until = 0.0

    def _members(self) -> list[dict[str, Any]]:
        """The cluster as the first member that answers sees it; a silent one is asked last the next time."""
        members = self.shard.members
        for step in range(len(members)):
            index = (self.asked + step) % len(members)
            found = cluster(members[index])
            if found:
                self.asked = index
                return found
        return []


def cluster(member: Member) -> list[dict[str, Any]]:
    """The members in Patroni's /cluster; empty when this member does not answer."""
    try:
        found = json.loads(probe.get(member.patroni, "/cluster", TIMEOUT))
    except (OSError, ValueError, http.client.HTTPException):
        return []
    return list(found.get("members", []))


def leader_dsn(site: Site, port: int) -> str:
    return f"postgresql://{CONSOLE_ROLE}:{site.secret(CONSOLE_ROLE)}@{HOST}:{port}/{DATABASE}"


def reload_pool(dsn: str) -> None:
    """PgBouncer's RELOAD; its console has no transactions and no parameters."""
    with psycopg.connect(dsn, connect_timeout=2, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("RELOAD")


def follow(follower: PoolFollower, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            follower.look()
        except Exception:
            # The edge of a loop that must outlive every surprise: say it, and look again.
            log.exception("%s: the look failed", follower.pool.name)
            ending.wait(EVERY)
        follower.rest(ending)


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep the pools leading to the leaders.")
    parser.add_argument("--state", required=True, type=Path)
    state = parser.parse_args().state
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    layout = choices.load(state).layout(state)
    site = Site(layout, binaries.find(layout), account.find(state))
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    followers = [PoolFollower(site, shard, pool) for shard in layout.shards for pool in shard.pools]
    threads = [threading.Thread(target=follow, args=(follower, ending)) for follower in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
