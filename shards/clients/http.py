"""One road for every HTTP question: explicit timeouts, kept connections, errors as sentences."""

import threading
from typing import Any

import requests

from shards.exceptions import NoAnswer, Refused

CONNECT_SECONDS = 2.0
_kept = threading.local()


def ask(
    method: str,
    url: str,
    *,
    timeout: float,
    auth: tuple[str, str] | None = None,
    body: dict[str, Any] | None = None,
    expected: tuple[int, ...] = (200,),
) -> requests.Response:
    """The response when its status is one of `expected`; `Refused` with what the server said otherwise; `NoAnswer` when
    none came within `timeout` seconds. Never follows a redirect and never uses a proxy."""
    try:
        response = _session().request(
            method, url, json=body, auth=auth, timeout=(min(CONNECT_SECONDS, timeout), timeout), allow_redirects=False
        )
    except requests.Timeout as problem:
        raise NoAnswer(f"No answer within {timeout:g} s.") from problem
    except requests.ConnectionError as problem:
        raise NoAnswer(_why(problem)) from problem
    except requests.RequestException as problem:
        raise NoAnswer(f"The answer could not be read ({type(problem).__name__}).") from problem
    if response.status_code not in expected:
        said = response.text.strip()[:300] or response.reason
        raise Refused(f"It answered {response.status_code}: {said}", status=response.status_code)
    return response


def _session() -> requests.Session:
    """One session per thread: a session is not safe to share."""
    session: requests.Session | None = getattr(_kept, "session", None)
    if session is None:
        session = _kept.session = requests.Session()
        session.trust_env = False
    return session


def _why(problem: requests.ConnectionError) -> str:
    said = str(problem)
    if "Connection refused" in said:
        return "Nothing listens there (connection refused)."
    if "Name or service not known" in said or "getaddrinfo" in said or "resolve" in said:
        return "The host name is not known."
    if "reset" in said or "aborted" in said:
        return "It closed the connection without an answer."
    if "No route" in said or "unreachable" in said:
        return "There is no route to the host."
    return "The connection failed."
