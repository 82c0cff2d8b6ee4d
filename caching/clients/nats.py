"""NATS, through its HTTP monitor."""

from dataclasses import dataclass
from typing import Any

import requests

from caching.clients.nats_replies import Consumer, NatsServer, Stream
from caching.exceptions import NoAnswer, Refused
from novaops.inventory.targets import Target


@dataclass(frozen=True, slots=True)
class Nats:
    target: Target
    timeout: float = 3.0

    def server(self) -> NatsServer:
        return parse_server(self._get("/varz"), self._get("/jsz?streams=1&consumers=1&config=1"))

    def _get(self, path: str) -> dict[str, Any]:
        url = self.target.url.rstrip("/") + path
        try:
            response = requests.get(url, timeout=(min(2.0, self.timeout), self.timeout), allow_redirects=False)
            if response.status_code != 200:
                raise Refused(f"The monitor answered {response.status_code}.")
            said = response.json()
        except requests.Timeout as problem:
            raise NoAnswer(f"No answer within {self.timeout:g} s.") from problem
        except requests.ConnectionError as problem:
            refused = "Connection refused" in str(problem)
            sentence = "Nothing listens there (connection refused)." if refused else "The connection failed."
            raise NoAnswer(sentence) from problem
        except ValueError as problem:
            raise NoAnswer("Its answer is not NATS'.") from problem
        return said if isinstance(said, dict) else {}


def parse_server(varz: dict[str, Any], jsz: dict[str, Any]) -> NatsServer:
    """`varz` has an empty `jetstream` where JetStream is off."""
    jetstream = varz.get("jetstream") or {}
    return NatsServer(
        version=varz["version"],
        name=varz.get("server_name", ""),
        started_at=varz.get("start"),
        connections=varz.get("connections", 0),
        slow_consumers=varz.get("slow_consumers", 0),
        memory_bytes=varz.get("mem", 0),
        messages_in_total=varz.get("in_msgs", 0),
        messages_out_total=varz.get("out_msgs", 0),
        bytes_in_total=varz.get("in_bytes", 0),
        bytes_out_total=varz.get("out_bytes", 0),
        jetstream=bool(jetstream.get("config")),
        store_bytes=jsz.get("storage", 0),
        store_limit_bytes=(jetstream.get("config") or {}).get("max_storage", 0),
        streams=tuple(
            _stream(said) for account in jsz.get("account_details") or () for said in account.get("stream_detail") or ()
        ),
    )


def _stream(said: dict[str, Any]) -> Stream:
    state = said.get("state") or {}
    return Stream(
        name=said["name"],
        subjects=tuple((said.get("config") or {}).get("subjects") or ()),
        messages=state.get("messages", 0),
        bytes=state.get("bytes", 0),
        first_sequence=state.get("first_seq", 0),
        last_sequence=state.get("last_seq", 0),
        last_at=state.get("last_ts") if state.get("messages") else None,
        consumers=tuple(_consumer(one) for one in said.get("consumer_detail") or ()),
    )


def _consumer(said: dict[str, Any]) -> Consumer:
    return Consumer(
        name=said["name"],
        pending=said.get("num_pending", 0),
        unacknowledged=said.get("num_ack_pending", 0),
        redelivered=said.get("num_redelivered", 0),
        delivered_sequence=(said.get("delivered") or {}).get("stream_seq", 0),
    )
