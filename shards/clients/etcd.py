"""etcd, through the HTTP gateway of its v3 API."""

from dataclasses import dataclass
from typing import Any

from novaops.inventory.targets import Target
from shards.clients import http
from shards.clients.etcd_replies import EtcdMember, EtcdStatus
from shards.exceptions import NoAnswer, Refused

ALARMS = {"NOSPACE": "NOSPACE", "CORRUPT": "CORRUPT", "1": "NOSPACE", "2": "CORRUPT"}


@dataclass(frozen=True, slots=True)
class Etcd:
    target: Target
    timeout: float = 3.0

    def status(self) -> EtcdStatus:
        """This member's view. Members and alarms stay empty where the cluster cannot say (no quorum)."""
        said = self._post("/v3/maintenance/status")
        healthy, reason = self._health()
        header = said.get("header") or {}
        return EtcdStatus(
            version=said.get("version", ""),
            id=header.get("member_id", ""),
            leader=said.get("leader", "").strip("0"),
            raft_term=int(said.get("raftTerm", 0)),
            raft_index=int(said.get("raftIndex", 0)),
            revision=int(header.get("revision", 0)),
            db_size_bytes=int(said.get("dbSize", 0)),
            db_in_use_bytes=int(said.get("dbSizeInUse", 0)),
            healthy=healthy,
            reason=reason,
            members=self._members(),
            alarms=self._alarms() if healthy else (),
        )

    def _health(self) -> tuple[bool, str]:
        try:
            said = self._json("GET", "/health", expected=(200, 503))
        except NoAnswer as problem:
            return False, str(problem)
        return str(said.get("health")).lower() == "true", said.get("reason", "")

    def _members(self) -> tuple[EtcdMember, ...]:
        try:
            said = self._post("/v3/cluster/member/list")
        except (NoAnswer, Refused):
            return ()
        return tuple(
            EtcdMember(
                id=member["ID"],
                name=member.get("name", ""),
                peer_urls=tuple(member.get("peerURLs", ())),
                client_urls=tuple(member.get("clientURLs", ())),
                learner=bool(member.get("isLearner")),
            )
            for member in said.get("members", ())
        )

    def _alarms(self) -> tuple[str, ...]:
        try:
            said = self._post("/v3/maintenance/alarm", {"action": "GET"})
        except (NoAnswer, Refused):
            return ()
        return tuple(ALARMS.get(str(alarm.get("alarm")), str(alarm.get("alarm"))) for alarm in said.get("alarms", ()))

    def _post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._json("POST", path, body or {})

    def _json(
        self, method: str, path: str, body: dict[str, Any] | None = None, expected: tuple[int, ...] = (200,)
    ) -> dict[str, Any]:
        url = self.target.url.rstrip("/") + path
        response = http.ask(method, url, timeout=self.timeout, body=body, expected=expected)
        try:
            said = response.json()
        except ValueError as problem:
            raise NoAnswer("Its answer is not etcd's.") from problem
        return said if isinstance(said, dict) else {}
