"""Whether a member's files are fit to lead with: pure, each a sentence with its number."""

from collections.abc import Callable, Iterator

from metrics import thresholds
from novaops.operations.contract import Check
from novaops.ui.formats import human_bytes
from shards.outcomes import passed, warned
from shards.replication.files import FilesFacts

# From here on there is no room for what a leader writes beside its tables: WAL that slots and standbys hold.
NO_ROOM = 0.95


def files_checks(name: str, own: FilesFacts, leader: FilesFacts, against: Callable[..., Check]) -> Iterator[Check]:
    """`against` makes the check of what speaks against it: a refusal, or a warning where a person weighs it."""
    if own.full:
        yield against("Disk", f"The disk of {name} is full: {own.full} Make room there, or choose another.")
    elif own.problem:
        yield warned("Disk and checksums", f"PostgreSQL of {name} did not say: {own.problem}")
    else:
        yield _disk(name, own, against)
        yield _checksums(name, own, leader, against)


def _disk(name: str, own: FilesFacts, against: Callable[..., Check]) -> Check:
    if own.disk_bytes is None or own.used_bytes is None:
        cure = "no server tells, and the fleet file has no option disk_bytes for it"
        return passed("Disk", f"How much is free on the disk of {name} is not known: {cure}.")
    share = own.used_bytes / own.disk_bytes if own.disk_bytes else 1.0
    sentence = f"{name} has filled {share:.0%} of its {human_bytes(own.disk_bytes)} with databases and WAL."
    evidence = {"used_bytes": own.used_bytes, "disk_bytes": own.disk_bytes}
    if share > NO_ROOM:
        return against("Disk", f"{sentence} Make room there, or choose another.", **evidence)
    return (warned if share > thresholds.DISK_WARNING else passed)("Disk", sentence, **evidence)


def _checksums(name: str, own: FilesFacts, leader: FilesFacts, against: Callable[..., Check]) -> Check:
    if own.checksum_failures:
        said = f"{own.checksum_failures} checksum failures were counted on {name}: its disk or memory damages data."
        return against("Data checksums", f"{said} Choose another, and build it anew on other hardware.")
    if own.checksums is None:
        return warned("Data checksums", f"Whether {name} keeps data checksums is not known.")
    if leader.checksums and not own.checksums:
        said = f"{name} keeps no data checksums, and the leader does"
        return warned("Data checksums", f"{said}: once it leads, damage by its disk is not noticed any more.")
    kept = "keeps data checksums, and no failure was counted" if own.checksums else "keeps no data checksums"
    return passed("Data checksums", f"{name} {kept}.")
