"""Calls of the console's API. A call whose connection breaks is made again, a POST with the same idempotency key, so
that nothing is done twice."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from novaops.cli.exits import ExitCode
from novaops.cli.problems import Problem, Unreachable
from novaops.cli.settings import Settings

CONNECT, READ = 5.0, 60.0
PATIENCE = 20.0
PAUSES = (0.2, 0.5, 1.0, 2.0)
# Of HTTP's: the request as such, what it names, its content.
_INVALID = {400, 404, 405, 413, 422}
Value = TypeVar("Value")


class _Token(requests.auth.AuthBase):
    """Given as `auth`, so that no ~/.netrc takes its place."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.text}"
        return request


class Client:
    """`complain` is told once, in a sentence, when the console does not answer and is asked again."""

    def __init__(self, settings: Settings, complain: Callable[[str], None], patience: float = PATIENCE) -> None:
        self.settings, self.complain, self.patience = settings, complain, patience
        self.session = requests.Session()
        self.session.auth = _Token(settings.token)
        self.session.headers["User-Agent"] = "novaops-cli"

    def get(self, rest: str, query: Mapping[str, Any] | None = None, *, read: float = READ) -> Any:
        asked = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return self._patiently(lambda: self._call("GET", rest, params=asked, timeout=(CONNECT, read)))

    def once(self, rest: str, query: Mapping[str, Any], *, read: float) -> Any:
        """A GET without patience: raises Unreachable at once."""
        return self._call("GET", rest, params=query, timeout=(CONNECT, read))

    def post(self, rest: str, said: Mapping[str, Any], key: str = "") -> Any:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._patiently(lambda: self._call("POST", rest, json=dict(said), headers=headers))

    def lines(self, rest: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        """A streamed answer, piece by piece. Raises Unreachable when it breaks off."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        answer = self._patiently(lambda: self._answer("GET", rest, params=asked, stream=True))
        try:
            yield from answer.iter_content(64 * 1024)
        except requests.RequestException as error:
            raise Unreachable(f"The answer broke off: {_short(error)}.") from error

    def _patiently(self, call: Callable[[], Value]) -> Value:
        deadline, tries = time.monotonic() + self.patience, 0
        while True:
            try:
                return call()
            except Unreachable as problem:
                pause = PAUSES[min(tries, len(PAUSES) - 1)]
                if time.monotonic() + pause > deadline:
                    raise
                if tries == 1:
                    self.complain(f"{problem} Trying again.")
                time.sleep(pause)
                tries += 1

    def _call(self, method: str, rest: str, **options: Any) -> Any:
        answer = self._answer(method, rest, **options)
        try:
            return answer.json()
        except ValueError as error:
            raise Problem(ExitCode.UNREACHABLE, f"{self.settings.url} does not speak NovaOps' API.") from error

    def _answer(self, method: str, rest: str, **options: Any) -> requests.Response:
        address = f"{self.settings.url}/fleets/{self.settings.fleet}/api/{rest}"
        try:
            with_timeout = {"timeout": (CONNECT, READ), "allow_redirects": False, **options}
            answer = self.session.request(method, address, **with_timeout)
            if answer.status_code == 303:  # done already; the answer was too long to be kept
                answer = self.session.get(self._beside(answer), timeout=(CONNECT, READ), allow_redirects=False)
        except requests.exceptions.SSLError as error:
            raise Problem(ExitCode.UNREACHABLE, f"The certificate of {self.settings.url} is not trusted.") from error
        except requests.RequestException as error:
            raise Unreachable(f"{self.settings.url} does not answer: {_short(error)}.") from error
        if answer.ok and not answer.is_redirect:
            return answer
        raise _problem(answer)

    def _beside(self, answer: requests.Response) -> str:
        """Where it sends us, on this very console: the token goes nowhere else."""
        return urljoin(self.settings.url, urlsplit(answer.headers["Location"]).path)


def _problem(answer: requests.Response) -> Problem:
    if answer.is_redirect:
        return Problem(ExitCode.UNREACHABLE, f"The console sends elsewhere: use {answer.headers['Location']}")
    said = _told(answer)
    status, sentence = answer.status_code, str(said.get("detail") or f"The console answered {answer.status_code}.")
    if status >= 500 or str(said.get("type", "")).endswith("#problem-key-in-use"):
        return Unreachable(sentence, status)
    if status in (401, 429):
        return Problem(ExitCode.UNREACHABLE, sentence, status=status)
    code = ExitCode.INVALID if status in _INVALID else ExitCode.REFUSED
    return Problem(code, sentence, status=status, fields=said.get("fields"))


def _told(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _short(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "it took too long"
    return "the connection failed" if isinstance(error, requests.ConnectionError) else type(error).__name__
