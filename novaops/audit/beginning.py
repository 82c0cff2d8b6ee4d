"""Where the chain begins: with record 1, or behind what was taken away with leave. A beginning that no signed statement
names was made by somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Min

from novaops.audit.canonical import GENESIS
from novaops.audit.chain import BEGINNING, Broken, Place
from novaops.audit.merkle import Span
from novaops.audit.models import Checkpoint, Pruning, Record
from novaops.audit.pruned import Pruned
from novaops.audit.signing import is_signed

PRUNED = "change log pruned"


@dataclass(frozen=True, slots=True)
class Beginning:
    """The place behind which the first record stands, the hash of record 1, and every pruning, the oldest first, with
    the number of the record that tells of it; 0 for one that was itself pruned later."""

    place: Place
    chain: str
    prunings: tuple[tuple[Pruned, int], ...] = ()

    @property
    def keys(self) -> list[str]:
        return [pruned.key for pruned, _ in self.prunings]

    def pruned_at(self, sequence: int) -> int:
        """The last record that was gone when the chain was so long: what a checkpoint of that place says."""
        return max((one.last for one, record in self.prunings if record <= sequence), default=0)


def prunings() -> list[Pruning]:
    """The oldest first."""
    return list(Pruning.objects.order_by("number"))


def newest() -> Pruning | None:
    return Pruning.objects.order_by("-number").first()


def beginning() -> Beginning:
    """Broken when the chain does not begin where a statement that is signed, and has its record, says so."""
    rows = prunings()
    if not rows:
        first = Record.objects.filter(sequence=1).values_list("hash", flat=True).first()
        return Beginning(BEGINNING, first or "")
    stated = _stated(rows)
    last = stated[-1]
    place = _place(last)
    told = [(one, _record_of(one)) for one in stated]
    if not told[-1][1]:
        raise Broken(last.last + 1, f"Pruning {last.number} has no record in the chain: it was not made here.")
    left = Record.objects.filter(sequence__lte=last.last).aggregate(least=Min("sequence"))["least"]
    if left is not None:
        raise Broken(left, f"Record {left} stands here, though pruning {last.number} took it away: it was added since.")
    return Beginning(place, last.chain, tuple(told))


def pruned_at(sequence: int) -> int:
    """The same for who signs: the last record that was gone when the chain was so long."""
    gone = [one for one in prunings() if _record_of(one.statement) <= sequence]
    return max((one.last for one in gone), default=0)


def _stated(rows: Sequence[Pruning]) -> list[Pruned]:
    found: list[Pruned] = []
    for number, row in enumerate(rows, 1):
        first = found[-1].last + 1 if found else 1
        try:
            said = row.statement
        except ValueError:
            raise Broken(first, f"Pruning {number} is no longer one.") from None
        if not is_signed(row.body.encode(), row.signature, said.key):
            sentence = f"Pruning {number} does not carry the signature of the key that it names."
            raise Broken(first, f"{sentence} It was altered, or never made here.")
        previous = found[-1].digest if found else GENESIS
        if (said.number, said.first, said.previous) != (number, first, previous) or row.last != said.last:
            raise Broken(first, f"Pruning {said.number} does not follow its predecessor, or says another than its row.")
        found.append(said)
    return found


def _place(said: Pruned) -> Place:
    """With the tree that the checkpoint of that place had."""
    checkpoint = Checkpoint.objects.filter(number=said.checkpoint).first()
    if checkpoint is None or checkpoint.digest != said.checkpoint_digest or checkpoint.sequence != said.last:
        raise Broken(
            said.last + 1, f"Checkpoint {said.checkpoint}, which pruning {said.number} ends with, is not here."
        )
    if Span(0, said.last, checkpoint.frontier).root != said.root:
        raise Broken(said.last + 1, f"The tree of pruning {said.number} is not the one that was signed.")
    return Place(said.last, said.head, tuple(checkpoint.frontier))


def _record_of(said: Pruned) -> int:
    told = Record.objects.filter(verb=PRUNED, data__statement=said.digest).order_by("sequence")
    return told.values_list("sequence", flat=True).first() or 0
