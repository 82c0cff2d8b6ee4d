"""Patroni's REST API, 3.0 to 4.x. Reading needs no login; what changes the cluster does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from requests import Response

from novaops.inventory.targets import Target
from shards.clients import http
from shards.clients.patroni_replies import Cluster, Config, Status, TimelineSwitch
from shards.exceptions import NoAnswer, Refused

READ_SECONDS = 3.0
# Patroni answers a switchover when it is over; its outcome is polled for anyway.
ACT_SECONDS = 30.0
NO_SUCH_KEY = "novaops-asks"


@dataclass(frozen=True, slots=True)
class Patroni:
    """The API of one member."""

    target: Target
    timeout: float = READ_SECONDS

    def status(self) -> Status:
        """The member's own word; 503 is an answer too (PostgreSQL is down, or starts)."""
        return Status.from_response(self._read("/patroni", expected=(200, 503)))

    def cluster(self) -> Cluster:
        return Cluster.from_response(self._read("/cluster"))

    def history(self) -> tuple[TimelineSwitch, ...]:
        """Every switch of timeline that Patroni remembers, oldest first."""
        return tuple(TimelineSwitch.from_response(entry) for entry in self._read("/history") or ())

    def config(self) -> Config:
        return Config.from_response(self._read("/config"))

    def config_in_dcs(self) -> Config:
        """The dynamic configuration as the DCS holds it now, where `config()` may be as old as the member's last turn.
        It is the answer to a change that changes nothing, so it needs the login."""
        return self.configure({NO_SUCH_KEY: None})

    def switchover(self, leader: str, candidate: str = "", at: datetime | None = None) -> str:
        """Asks for a switchover and returns what Patroni said. `NoAnswer` and a 503 say nothing about the outcome: poll
        `cluster()` for it. `candidate` empty: Patroni chooses; `at` schedules it."""
        body = {"leader": leader} | ({"candidate": candidate} if candidate else {})
        return self._act("POST", "/switchover", body | ({"scheduled_at": at.isoformat()} if at else {}))

    def cancel_switchover(self) -> str:
        """Removes a scheduled switchover."""
        return self._act("DELETE", "/switchover")

    def failover(self, candidate: str) -> str:
        """Asks for a failover and returns what Patroni said; as with a switchover, only `cluster()` knows the outcome.
        Names no leader, so Patroni compares neither positions nor the synchronous standbys."""
        return self._act("POST", "/failover", {"candidate": candidate})

    def configure(self, changes: dict[str, Any]) -> Config:
        """Merges `changes` into the dynamic configuration (None removes a key)."""
        response = self._send("PATCH", "/config", changes, (200,))
        return Config.from_response(response.json())

    def pause(self, paused: bool) -> Config:
        """Stops or resumes automatic failover."""
        return self.configure({"pause": True if paused else None})

    def restart(self, *, only_pending: bool = True, only_replica: bool = False, timeout: int = 0) -> str:
        """Restarts PostgreSQL if the conditions hold, and answers when that is over. `only_replica`: not when
        it leads meanwhile. `timeout`: seconds that it may take to start before Patroni fails over, if it leads.
        A 503 says nothing: it is that of a condition, too."""
        conditions: dict[str, Any] = {"restart_pending": True} if only_pending else {}
        conditions |= {"role": "replica"} if only_replica else {}
        conditions |= {"timeout": timeout} if timeout else {}
        return self._act("POST", "/restart", conditions)

    def reload(self) -> str:
        return self._act("POST", "/reload")

    def reinitialise(self, *, force: bool = False) -> str:
        """Throws the member's data away and copies it anew; answers when that began. `force` ends what it does now."""
        return self._act("POST", "/reinitialize", {"force": True} if force else {})

    def _read(self, path: str, expected: tuple[int, ...] = (200,)) -> Any:
        response = http.ask("GET", self.target.url.rstrip("/") + path, timeout=self.timeout, expected=expected)
        try:
            return response.json()
        except ValueError as problem:
            raise NoAnswer("Its answer is not Patroni's.") from problem

    def _act(self, method: str, path: str, body: dict[str, Any] | None = None) -> str:
        said = self._send(method, path, body, (200, 202))
        return said.text.strip()

    def _send(self, method: str, path: str, body: dict[str, Any] | None, expected: tuple[int, ...]) -> Response:
        login = self.target.login
        auth = (login.username, login.password) if login.username else None
        url = self.target.url.rstrip("/") + path
        try:
            return http.ask(method, url, timeout=ACT_SECONDS, auth=auth, body=body, expected=expected)
        except Refused as refusal:
            if refusal.status == 503:
                raise NoAnswer(f"{refusal} The outcome is not known yet.") from refusal
            raise
