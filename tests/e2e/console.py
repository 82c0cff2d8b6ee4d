"""The running console, seen as a program sees it (its API) and as a person does (its pages)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import ConsoleMessage, Page, Response

FLEET = "demo"
# htmx calls it an error, too, when a form that was changed again takes its last question back.
ABORTED = ("htmx:afterRequest", "htmx:sendAbort")


@dataclass
class Console:
    """`address` without a slash at its end; `state` holds the logins' passwords."""

    address: str
    state: Path

    def path(self, rest: str = "") -> str:
        return f"/fleets/{FLEET}/{rest}"

    def password(self, username: str) -> str:
        return (self.state / "secrets" / f"login-{username}").read_text().strip()

    def sign_in(self, page: Page, username: str) -> None:
        page.goto(self.path())
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", self.password(username))
        page.click("main form button[type=submit]")
        page.wait_for_url(f"**{self.path()}")

    @cached_property
    def session(self) -> requests.Session:
        """A program signed in as the auditor, who changes nothing and sees everything."""
        return self.signed_in("auditor")

    def signed_in(self, username: str) -> requests.Session:
        session = requests.Session()
        form = session.get(f"{self.address}{self.path()}", timeout=30)
        answer = session.post(
            form.url,
            {
                "username": username,
                "password": self.password(username),
                "csrfmiddlewaretoken": session.cookies["csrftoken"],
                "next": self.path(),
            },
            headers={"Referer": form.url},
            timeout=30,
        )
        assert answer.status_code == 200 and answer.url.endswith(self.path()), f"{username} could not sign in"
        return session

    def get(self, rest: str) -> Any:
        """What the API answers, as JSON."""
        answer = self.session.get(f"{self.address}{self.path('api/' + rest)}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def servers(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every server by kind and name."""
        return {(server["kind"], server["name"]): server for server in self.get("servers")["servers"]}

    def unwell(self) -> dict[tuple[str, str], str]:
        """State by kind and name of those that are not healthy."""
        return {key: server["state"] for key, server in self.servers().items() if server["state"] != "ok"}


def watch(page: Page) -> list[str]:
    """Script errors, policy violations and failed answers, as they come."""
    noticed: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text and not message.text.startswith(ABORTED):
            noticed.append(f"{page.url}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            noticed.append(f"{response.url} answered {response.status}")

    page.on("console", said)
    page.on("pageerror", lambda error: noticed.append(f"{page.url}: {error}"))
    page.on("response", answered)
    return noticed
