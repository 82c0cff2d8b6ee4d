"""A web address that each checkpoint is posted to. Its signature proves it: the receiver needs no secret."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from novaops.audit.sinks.contract import TIMEOUT, SinkProblem
from novaops.audit.statements import Line


@dataclass(frozen=True, slots=True)
class Webhook:
    address: str

    @property
    def name(self) -> str:
        """Without a login and without the query, where tokens stand."""
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    def put(self, line: Line) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "novaops"}
        try:
            answer = requests.post(
                self.address, data=line.text, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            )
        except requests.RequestException as error:
            raise SinkProblem(f"{self.name} does not answer: {type(error).__name__}.") from error
        with answer:
            if not 200 <= answer.status_code < 300:
                raise SinkProblem(f"{self.name} refused it: {answer.status_code} {answer.reason}.")
