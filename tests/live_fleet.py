"""The servers that `script/test` started: a pytest plugin with the fixtures that reach them.

Without them a test that needs them fails with a sentence; it is never skipped."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from novaops.fleets.models import Fleet
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from novaops.sandbox.control import Client

LOG_LINES = 25


@pytest.fixture(scope="session")
def state() -> Path:
    """The state folder of the running test fleet."""
    folder = Path(os.environ.get("NOVAOPS_STATE", ""))
    if not (folder / "fleet.yml").exists():
        pytest.fail("No test fleet is running (NOVAOPS_STATE names no state folder with a fleet.yml): use script/test.")
    return folder


@pytest.fixture(scope="session")
def sandbox(state: Path) -> Client:
    """Stops, kills, pauses and starts the fleet's servers by name."""
    return Client(state)


@pytest.fixture
def restored(sandbox: Client) -> Iterator[Client]:
    """The sandbox; whatever the test stopped or paused runs again afterwards."""
    before = {name for name, record in sandbox.status().items() if record.pid}
    yield sandbox
    for name in before:
        sandbox.resume(name)
        if not sandbox.status()[name].pid:
            sandbox.start(name)


@pytest.fixture
def live_fleet(fleet: Fleet, state: Path) -> Fleet:
    """The `fleet` fixture with the running servers in its inventory."""
    described = reading.read(state / "fleet.yml").model_copy(update={"fleet": fleet.slug, "name": fleet.name})
    import_fleet(described, state)
    return fleet


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """The servers' last log lines beside a failure of a test that used them."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call" and report.failed and {"sandbox", "live_fleet"} & set(getattr(item, "fixturenames", ())):
        logs = Path(os.environ.get("NOVAOPS_STATE", "")) / "logs"
        for path in sorted(logs.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"last lines of {path.name}", "\n".join(lines)))
