"""One attempt at a webhook: a POST to the address that was judged, no redirect followed, within ten seconds."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

from django.utils import timezone

from novaops.hooks.answers import Answer
from novaops.hooks.deadlines import deadline
from novaops.hooks.guard import Target, target
from novaops.hooks.problems import AddressRefused
from novaops.hooks.schedule import retry_after

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
# Of a host with many addresses, so many are tried.
ADDRESSES = 2
MOST_OF_A_BODY = 16 * 1024
GONE = 410
AGENT = "NovaOps-Hooks/1"


def post(url: str, body: bytes, headers: Mapping[str, str], hold: Callable[[], None]) -> Answer:
    """Never raises but what `hold` raises, which is asked right before the receiver is connected to."""
    try:
        found = target(url)
        hold()
        wire = Wire(_connected(found))
    except AddressRefused as refused:
        return Answer(False, str(refused))
    except OSError as error:
        return Answer(False, f"{_host(url)} cannot be reached: {_words(error)}.")
    with contextlib.closing(wire), deadline(TOTAL_SECONDS, lambda: wire.socket) as limit:
        try:
            connection = _speaking(wire, found)
            connection.request("POST", found.path, body, {**headers, "User-Agent": AGENT})
            response, problem = connection.getresponse(), ""
        except (OSError, HTTPException) as error:
            problem = f"{found.host} gave no answer: {_words(error)}."
        # Headers that were cut look like the end of headers.
        if limit.over:
            return Answer(False, f"{found.host} did not answer within {TOTAL_SECONDS:.0f} s.")
        return Answer(False, problem) if problem else _answer(response)


class Wire:
    """The connection, whatever is spoken on it by now."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def close(self) -> None:
        self.socket.close()


def _connected(found: Target) -> socket.socket:
    problem: OSError | None = None
    for address in found.addresses[:ADDRESSES]:
        try:
            connected = socket.create_connection((address, found.port), CONNECT_SECONDS)
        except OSError as error:
            problem = error
        else:
            connected.settimeout(TOTAL_SECONDS)
            return connected
    raise problem or OSError("it has no address")


def _speaking(wire: Wire, found: Target) -> HTTPConnection:
    """On a socket of our own, so that the name is not resolved a second time."""
    connection = (HTTPSConnection if found.tls else HTTPConnection)(found.host, found.port)
    if found.tls:
        tls = ssl.create_default_context()
        secure = tls.wrap_socket(wire.socket, server_hostname=found.host, do_handshake_on_connect=False)
        wire.socket = secure
        secure.do_handshake()
    connection.sock = wire.socket
    return connection


def _answer(response: HTTPResponse) -> Answer:
    status = response.status
    wait = retry_after(response.getheader("Retry-After") or "", timezone.now())
    # A receiver that writes into a closed connection complains; what it says is of no interest.
    with contextlib.suppress(OSError, HTTPException):
        response.read1(MOST_OF_A_BODY)
    if 200 <= status < 300:
        return Answer(True, status=status)
    return Answer(False, _refusal(status, response.reason), status, wait, gone=status == GONE)


def _refusal(status: int, reason: str) -> str:
    said = f"The receiver answered {status} {reason[:80]}".rstrip()
    if status == GONE:
        return f"{said}: it wants nothing more."
    return f"{said}: it points elsewhere, and redirects are not followed." if 300 <= status < 400 else f"{said}."


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition("?")[0]


def _words(problem: BaseException) -> str:
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({problem.verify_message})"
    words = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return str(words)[:200].strip().rstrip(".")
