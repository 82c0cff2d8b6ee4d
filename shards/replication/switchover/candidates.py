"""What speaks for or against one member as the new leader: pure, the same for the chosen one and for all others."""

from collections.abc import Iterator

from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import human_bytes
from shards.clients.patroni_replies import Member
from shards.outcomes import failed, passed, warned
from shards.replication.files import FilesFacts
from shards.replication.files_checks import files_checks
from shards.replication.switchover.facts import ApiFacts, SwitchoverFacts, must_not_lead


def of_candidate(facts: SwitchoverFacts, member: Member, api: ApiFacts) -> Iterator[Check]:
    yield _running(member)
    yield _synchronous(facts, member)
    yield _same_timeline(facts, member)
    yield _lag(facts, member)
    yield _may_lead(member, api)
    yield _own_word(member, api)
    yield from _files(facts, member.name)
    if api.answered and facts.leader_api.answered:
        yield from _unlike_the_leader(facts, member, api)


def could_lead(facts: SwitchoverFacts, member: Member) -> tuple[str, ...]:
    """Why a member could not become the leader now; empty when it could."""
    api = facts.apis.get(member.name, ApiFacts())
    return tuple(check.reason for check in of_candidate(facts, member, api) if check.outcome is CheckOutcome.FAILED)


def candidates_check(facts: SwitchoverFacts) -> Iterator[Check]:
    """Every member that does not lead, with what keeps it from leading."""
    replicas = [member for member in facts.cluster.members if not member.leads]
    if not replicas:
        return
    verdicts = {member.name: could_lead(facts, member) for member in replicas}
    sentences = [f"{name} cannot: {why[0]}" if why else f"{name} can lead." for name, why in verdicts.items()]
    yield passed("Candidates", " ".join(sentences), **{name: list(why) for name, why in verdicts.items()})


def _running(member: Member) -> Check:
    if not member.healthy:
        return failed("Candidate runs", f"{member.name} is {member.state}.", state=member.state)
    return passed("Candidate runs", f"{member.name} is {member.state}, as {member.role.replace('_', ' ')}.")


def _synchronous(facts: SwitchoverFacts, member: Member) -> Check:
    if facts.config.synchronous_mode == "quorum":
        return _in_the_quorum(facts, member)
    if not facts.synchronous_mode:
        return warned("Synchronous", f"{facts.scope} is not in synchronous mode: only the lag says what is at risk.")
    if member.synchronous:
        return passed("Synchronous", f"{member.name} holds every commit that was acknowledged.")
    standbys = ", ".join(facts.sync_standbys)
    hint = f"choose {standbys}" if standbys else "there is none now; wait until Patroni has named one"
    return failed("Synchronous", f"{facts.scope} is in synchronous mode and {member.name} is not in sync: {hint}.")


def _in_the_quorum(facts: SwitchoverFacts, member: Member) -> Check:
    """Any of the quorum may lack what others of it have confirmed; the leader hands that over before it stops."""
    if member.synchronous:
        said = f"{member.name} is in the quorum; the leader hands over what only others have, before it stops."
        return passed("Synchronous", said)
    others = ", ".join(facts.sync_standbys) or "nobody now"
    said = f"{facts.scope} is in quorum mode and {member.name} is not in its quorum (that is {others})"
    return failed("Synchronous", f"{said}: Patroni would give up. Wait until it is, and plan again.")


def _same_timeline(facts: SwitchoverFacts, member: Member) -> Check:
    leading = facts.leader.timeline if facts.leader else None
    if member.timeline is None or leading is None:
        return failed("Timeline", f"The timeline of {member.name} or of the leader is not known.")
    if member.timeline != leading:
        return failed("Timeline", f"{member.name} is on timeline {member.timeline}, the leader on {leading}.")
    return passed("Timeline", f"Both are on timeline {leading}.")


def _lag(facts: SwitchoverFacts, member: Member) -> Check:
    limit = human_bytes(facts.config.maximum_lag_on_failover)
    if member.lag_bytes is None:
        return failed("Lag", f"Patroni does not know how far {member.name} is behind.")
    evidence = {"lag_bytes": member.lag_bytes, "limit_bytes": facts.config.maximum_lag_on_failover}
    sentence = f"{member.name} is {human_bytes(member.lag_bytes)} behind; the limit is {limit}."
    return (
        failed("Lag", sentence, **evidence)
        if member.lag_bytes > facts.config.maximum_lag_on_failover
        else passed("Lag", sentence, **evidence)
    )


def _may_lead(member: Member, api: ApiFacts) -> Check:
    if must_not_lead(member.tags) or api.nofailover:
        return failed("May lead", f"{member.name} is tagged nofailover: it must never lead.")
    return passed("May lead", f"{member.name} has no tag that forbids it.")


def _own_word(member: Member, api: ApiFacts) -> Check:
    if not api.answered:
        return failed("Candidate answers", f"The REST API of {member.name} does not answer: {api.problem}")
    return passed("Candidate answers", f"{member.name} says of itself: {api.state}, timeline {api.timeline}.")


def _files(facts: SwitchoverFacts, name: str) -> Iterator[Check]:
    own = facts.files.get(name)
    leader = facts.files.get(facts.leader.name) if facts.leader else None
    if own and not own.problem:
        yield from _slots(facts, name, own)
    if own:
        yield from files_checks(name, own, leader or FilesFacts(), failed)


def _slots(facts: SwitchoverFacts, name: str, own: FilesFacts) -> Iterator[Check]:
    lacking = [slot for slot in facts.kept_slots if slot not in own.logical_slots]
    if lacking:
        waits = "It restarts it once for that; the switchover waits for it before it pauses anything"
        yield warned("Kept slots", f"Patroni has not copied {', '.join(lacking)} to {name} yet. {waits}.")


def _unlike_the_leader(facts: SwitchoverFacts, member: Member, api: ApiFacts) -> Iterator[Check]:
    """Where both said it: what differs between the two servers and matters once their roles are exchanged."""
    leader = facts.leader_api
    if api.system_identifier and leader.system_identifier and api.system_identifier != leader.system_identifier:
        yield failed("Same system", f"{member.name} holds another database system than the leader.")
    if api.server_version and leader.server_version and api.server_version != leader.server_version:
        older = "older" if api.server_version < leader.server_version else "newer"
        yield warned("PostgreSQL", f"{member.name} runs {api.server_version}, {older} than {leader.server_version}.")
    if api.patroni_version and leader.patroni_version and api.patroni_version != leader.patroni_version:
        said = f"{member.name} runs Patroni {api.patroni_version}, the leader {leader.patroni_version}."
        yield warned("Patroni", said)
    if api.pending_restart:
        yield warned("Pending restart", f"{member.name} waits for a restart: as leader it would be down for it.")
