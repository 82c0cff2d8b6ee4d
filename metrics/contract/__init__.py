"""What a probe is and what it answers: the types that every room which observes the fleet builds with."""

from metrics.contract.findings import Finding, Severity
from metrics.contract.probes import Answer, Facts, Probe, ProbeProblem, State

__all__ = ["Answer", "Facts", "Finding", "Probe", "ProbeProblem", "Severity", "State"]
