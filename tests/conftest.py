"""What every room's tests share: two fleets, people with roles, and browsers signed in as them.

    def test_x(fleet, client_as): client_as("operator").get(f"/fleets/{fleet.slug}/")

`fleet` and `other_fleet` are empty fleets. A test with `db` (or `fleet`) is rolled back; one marked
`django_db(transaction=True)` commits, and gets a fresh database after it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase
from django_tenants.utils import tenant_context
from pytest_django.plugin import DjangoDbBlocker

from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.ownership import as_owner
from novaops.fleets.rights import Role
from tests import control_database

pytest_plugins = ["tests.live_fleet", "tests.absent"]

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces pytest-django's own: one copy of a template that already holds the fleets."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    TransactionTestCase._fixture_teardown = _restore  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        control_database.create()
    yield
    with django_db_blocker.unblock():
        control_database.drop()


def _restore(case: TransactionTestCase) -> None:
    """In place of emptying tables, which would take the fleets away and stop at the append-only change log."""
    control_database.restore()


@pytest.fixture(autouse=True)
def _on_public() -> Iterator[None]:
    """No test leaves the connection inside a fleet."""
    yield
    connection.set_schema_to_public()  # type: ignore[attr-defined]


@pytest.fixture
def as_control_owner(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test's connection is that of the control database's owner, who can lift triggers. Name it before `fleet`:
    `@pytest.mark.usefixtures("as_control_owner")`."""
    with django_db_blocker.unblock(), as_owner():
        yield


@pytest.fixture
def fleet(db: None) -> Fleet:
    return Fleet.objects.get(slug="alpha")


@pytest.fixture
def other_fleet(db: None) -> Fleet:
    return Fleet.objects.get(slug="beta")


@pytest.fixture
def in_fleet(fleet: Fleet) -> Iterator[Fleet]:
    """The fleet, with the connection on its schema. A request of a client leaves the connection on the public one."""
    with tenant_context(fleet):
        yield fleet


class MakePerson(Protocol):
    def __call__(self, *roles: str, fleet: Fleet | None = None, username: str = "") -> Person: ...


@pytest.fixture
def person(fleet: Fleet) -> MakePerson:
    """`person("operator")`, `person("viewer", "approver", fleet=other_fleet)`, `person()` without any role."""

    def make(*roles: str, fleet: Fleet | None = fleet, username: str = "") -> Person:
        home = fleet
        assert home is not None
        name = username or "-".join((*roles, home.slug)) if roles else username or "nobody"
        with tenant_context(home):
            made = Person.objects.filter(username=name).first()
            made = made or Person.objects.create_user(name, password=PASSWORD)
            for role in roles:
                Membership.objects.get_or_create(person=made, fleet=home, role=Role(role))
        return made

    return make


@pytest.fixture
def client_as(person: MakePerson) -> Callable[..., Client]:
    """A browser signed in as `person(...)` of the same arguments."""

    def sign_in(*roles: str, **options: Any) -> Client:
        client = Client()
        client.force_login(person(*roles, **options), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def client() -> Client:
    """A browser that nobody is signed in with."""
    return Client()
