"""What a probe is and what it answers: the types that every room which observes the fleet builds with."""

from metrics.contract.findings import Finding, Remedy, Severity
from metrics.contract.probes import Answer, Facts, Probe, ProbeProblem, State
from metrics.contract.snapshot import Seen, ServerSeen, ShardSeen, Snapshot

__all__ = [
    "Answer",
    "Facts",
    "Finding",
    "Probe",
    "ProbeProblem",
    "Remedy",
    "Seen",
    "ServerSeen",
    "Severity",
    "ShardSeen",
    "Snapshot",
    "State",
]
