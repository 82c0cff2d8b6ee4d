"""etcd, through the HTTP gateway of its v3 API."""

from dataclasses import dataclass
from typing import Any

from novaops.inventory.targets import Target
from shards.clients import http
from shards.clients.etcd_replies import EtcdStatus
from shards.exceptions import NoAnswer, Refused


@dataclass(frozen=True, slots=True)
class Etcd:
    target: Target
    timeout: float = 3.0

    def status(self) -> EtcdStatus:
        """This member's view. Members and alarms stay empty where the cluster cannot say (no quorum)."""
        said = self._post("/v3/maintenance/status")
        led = said.get("leader", "0") != "0"
        return EtcdStatus.from_response(
            said,
            self._health(),
            self._asked("/v3/cluster/member/list"),
            # One with an alarm is not healthy, and still says which.
            self._asked("/v3/maintenance/alarm", {"action": "GET"}) if led else {},
        )

    def _health(self) -> dict[str, Any]:
        try:
            return self._json("GET", "/health", expected=(200, 503))
        except NoAnswer as problem:
            return {"health": "false", "reason": str(problem)}

    def _asked(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            return self._post(path, body)
        except (NoAnswer, Refused):
            return {}

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
