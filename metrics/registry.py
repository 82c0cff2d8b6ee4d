"""The probes that there are. Rooms register theirs in AppConfig.ready; nobody here knows them by name."""

from metrics.contract import Probe

_probes: dict[str, Probe] = {}


def register(probe: Probe) -> None:
    """Adds a probe; a second one of the same name is a defect."""
    if probe.name in _probes:
        raise ValueError(f"A probe named {probe.name!r} is already registered.")
    _probes[probe.name] = probe


def probes() -> tuple[Probe, ...]:
    return tuple(_probes.values())


def probe(name: str) -> Probe:
    return _probes[name]


def find(name: str) -> Probe | None:
    return _probes.get(name)
