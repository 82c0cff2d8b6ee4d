"""What all tests of the caches share."""

import pytest

WAITING = (
    "caching.library.l2.TIMEOUT",
    "caching.library.cluster.connection.TIMEOUT",
    "caching.library.near.near.TIMEOUT",
    "caching.library.aio.l1.TIMEOUT",
    "caching.library.aio.l1.LONGEST",
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application waits for a quarter of a second and goes on without the cache: on a busy machine a test would see
    misses where it counts on hits."""
    for name in WAITING:
        monkeypatch.setattr(name, 5.0)
