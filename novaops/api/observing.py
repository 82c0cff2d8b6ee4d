"""The observe road: servers with their readings, and findings. Stored values with their ages; no server is asked."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from metrics import findings, selectors
from metrics.contract import Seen, ServerSeen, Severity, Snapshot
from novaops.api.schemas import FindingOut, FindingsOut, ReadingOut, ServerOut, ServersOut

router = Router(tags=["observe"])


@router.get("servers", response=ServersOut, summary="Every server with its last readings")
def servers(request: HttpRequest, kind: str = "", shard: str = "") -> ServersOut:
    """`kind` and `shard` narrow it down."""
    seen = selectors.snapshot()
    chosen = [one for one in seen.servers if kind in ("", one.kind) and shard in ("", one.shard)]
    return ServersOut(at=seen.at, cycle_seconds=seen.cycle_seconds, servers=[_server(seen, one) for one in chosen])


@router.get("findings", response=FindingsOut, summary="What a person should know now, the worst first")
def current_findings(request: HttpRequest) -> FindingsOut:
    now = timezone.now()
    found = findings.current(selectors.snapshot(), now)
    return FindingsOut(
        at=now,
        findings=[
            FindingOut(
                key=one.key,
                severity=Severity(one.severity).name.lower(),
                sentence=one.sentence,
                subject=one.subject,
                since=one.since,
                next_step=one.next_step,
            )
            for one in found
        ],
    )


def _server(seen: Snapshot, server: ServerSeen) -> ServerOut:
    return ServerOut(
        kind=server.kind,
        name=server.name,
        address=server.address,
        shard=server.shard or None,
        state=seen.state_of(server).value,
        readings=[_reading(seen, one) for one in seen.readings if one.server.id == server.id],
    )


def _reading(seen: Snapshot, one: Seen) -> ReadingOut:
    return ReadingOut(
        probe=one.probe,
        state=one.state.value,
        cause=one.cause,
        checked_at=one.checked_at,
        good_at=one.good_at,
        age_seconds=one.age(seen.at),
        old=one.is_old(seen.at),
        state_since=one.state_since,
        took_ms=one.took_ms,
        values=one.values,
        facts=one.facts.model_dump(mode="json") if one.facts else None,
    )
