"""The kinds that are put to the proof, the test kind first."""

from tests.proof.cases import flush, leftover, partitions, slots, switchover, ten_steps
from tests.proof.cases.case import Subject

SUBJECTS: dict[str, Subject] = {
    module.SUBJECT.kind: module.SUBJECT for module in (ten_steps, partitions, leftover, flush, slots, switchover)
}
