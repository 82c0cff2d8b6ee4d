"""The demo's logins: one person per kind of work, with a random password each."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from novaops.sandbox import manage, passwords
from novaops.sandbox.fleet_file import SLUG
from novaops.sandbox.layout import Layout
from novaops.sandbox.site import Site


@dataclass(frozen=True)
class Person:
    """A demo login and its role in the demo fleet."""

    username: str
    role: str


PEOPLE = (
    Person("operator", "operator"),
    Person("oncall", "on-call"),
    Person("approver", "approver"),
    Person("auditor", "auditor"),
    Person("admin", "admin"),
)


def password(layout: Layout, person: Person) -> str:
    return passwords.login_password(layout.secrets, f"login-{person.username}")


def create(site: Site) -> str:
    """Make every login that does not exist yet, all at once."""
    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        list(pool.map(lambda person: _create(site, person), PEOPLE))
    return ", ".join(person.username for person in PEOPLE)


def _create(site: Site, person: Person) -> None:
    password(site.layout, person)
    file = site.layout.secrets / f"login-{person.username}"
    grant = f"{SLUG}:{person.role}"
    manage.run(site, "person", "create", person.username, "--password-file", str(file), "--grant", grant)


def logins(layout: Layout) -> str:
    """The logins as lines of text."""
    width = max(len(person.username) for person in PEOPLE)
    return "\n".join(f"  {person.username:<{width}}  {password(layout, person)}" for person in PEOPLE)
