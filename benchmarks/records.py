"""What the benchmarks of the change log write: one record for appending, and a mixture like that of a real fleet."""

from typing import Any

from novaops.audit.services import Actor

WHO = Actor.automatic("benchmark")
VERB, SUBJECT = "setting changed", "setting:cycle"
OUTCOME = "The fleet's servers are asked every 10 s, no longer every 5 s."
DATA = {"before": {"cycle_seconds": 5}, "after": {"cycle_seconds": 10}, "targets": ["fleet:alpha"]}

STEPS = ["fence", "copy", "catch up", "verify", "cut over", "reverse", "finish"]
PLAN: dict[str, Any] = {
    "kind": "move",
    "sentence": "Moves the tenant acme-04711 from shard-1 to shard-2.",
    "checks": [
        {"name": f"pre-flight check {number}", "state": "passed", "reason": "The replica's lag is 0.2 s, at most 1 s."}
        for number in range(6)
    ],
    "steps": [{"name": name, "sentence": f"{name} the tenant", "seconds": 1.5} for name in STEPS],
    "blast": {"tenants": 1, "rows": 104_711, "bytes": 48_000_000, "pause_seconds": 0.013, "targets": ["tenant:4711"]},
    "fingerprint": "5d41402abc4b2a76b9719d911017c592",
}

# Of one hundred records: verb, subject, outcome, data, how many.
MIXTURE: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("signed in", "person:ann", "", {"address": "192.0.2.7", "browser": "Mozilla/5.0 (X11; Linux x86_64) Firefox"}, 20),
    (VERB, SUBJECT, OUTCOME, DATA, 10),
    (
        "step done",
        "operation:4711/copy",
        "104711 rows in 4.2 s.",
        {"attempt": 1, "targets": ["tenant:4711"]},
        50,
    ),
    ("step done", "operation:4711/catch up", "Caught up.", {"seconds": 0.602, "lag": 12.0, "rate": 24931.2}, 10),
    ("requested", "operation:4711", "The shard of the tenant is full, señor.", {"plan": PLAN, "ticket": "OPS-12"}, 3),
    ("approved", "operation:4711", "Naïve, but fine: go.", {"plan": "5d41402abc4b2a76b9719d911017c592"}, 7),
]
