"""Whoever prunes dies by kill -9, before each line of it: the chain is then the old one or the new one, and whole."""

import threading
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit import checkpoints, export, pruning
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint, Pruning, Record
from novaops.audit.selectors import Filters
from novaops.audit.signing import Key
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.fleets.ownership import as_owner, is_owner
from tests.audit.aged import make_aged
from tests.audit.conftest import WHO, write
from tests.audit.verifier import run
from tests.killing import dies_at

WATCHED = ["novaops/audit/pruning.py", "novaops/audit/archive.py"]


@pytest.mark.django_db(transaction=True)
def test_before_each_line(in_fleet: Fleet, key: Key, outside: Path, tmp_path: Path) -> None:
    with as_owner():
        old = make_aged(parts=6, count=3)  # more than there are lines behind the commit
    copy, done, line, died = outside / "alpha-checkpoints.jsonl", 0, 0, True
    while died:
        line, part = line + 1, old[done]
        archive = tmp_path / f"archive-{done}.jsonl"

        def prune(part: Checkpoint = part, archive: Path = archive) -> None:
            pruning.prune(in_fleet, pruning.due(in_fleet, timezone.now(), part.number), archive, WHO)

        died = dies_at(line, prune, WATCHED)
        verdict, gone = verify([copy]), old[done - 1].sequence if done else 0
        assert verdict.whole and verdict.pruned in (gone, part.sequence), (line, verdict)
        assert Pruning.objects.count() == Record.objects.filter(verb="change log pruned").count(), line
        done += verdict.pruned == part.sequence
    assert not is_owner() and line > 50 and 2 <= done < len(old), "it died before and behind the commit"
    checkpoints.make()
    deliver(timezone.now())
    whole = tmp_path / "export.jsonl"
    whole.write_bytes(b"".join(export.batches(in_fleet, Filters())))
    archives = [tmp_path / f"archive-{number}.jsonl" for number in range(done)]
    found = run(whole, "--checkpoints", copy, "--key", key.public, "--archive", *archives)
    assert found.code == 0 and (found.said["first"], found.said["complete"]) == (1, True)


@pytest.mark.django_db(transaction=True)
def test_others_append_and_prune_meanwhile(in_fleet: Fleet, key: Key, outside: Path, tmp_path: Path) -> None:
    with as_owner():
        old = make_aged(parts=1, count=3)
    together = threading.Barrier(3)
    ends: list[int | str] = []

    def prune(archive: Path) -> None:
        with tenant_context(in_fleet):
            what = pruning.due(in_fleet, timezone.now())
            together.wait()
            try:
                ends.append(pruning.prune(in_fleet, what, archive, WHO).last)
            except pruning.NotPruned as problem:
                ends.append(str(problem))
        connection.close()

    several = [threading.Thread(target=prune, args=[tmp_path / name]) for name in ("one.jsonl", "two.jsonl")]
    for thread in several:
        thread.start()
    together.wait()
    while any(thread.is_alive() for thread in several):
        write(5)
    verdict = verify([outside / "alpha-checkpoints.jsonl"])
    assert verdict.whole and verdict.pruned == old[0].sequence and Pruning.objects.count() == 1
    assert len(ends) == 2 and old[0].sequence in ends, ends
