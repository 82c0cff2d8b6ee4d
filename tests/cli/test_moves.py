"""Moves from the command line, against a real console."""

import pytest

from novaops.fleets.models import Fleet
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.moves.operations import copying


@pytest.mark.django_db(transaction=True)
def test_moves_from_the_command_line(fleet: Fleet, program: MakeProgram, desk: MakeDesk) -> None:
    move = copying(fleet)
    with desk(program("operator")) as found:
        novaops: Commands = found.commands
        assert "shard-1 -> shard-2" in novaops("moves", "list", "--phase", "open").out
        shown = novaops("moves", "show", str(move))
        assert shown.code == 0 and "acme is on its way to shard-2" in shown.out and "(25%)" in shown.out
        turned = novaops("moves", "limit", str(move), "--mb", "20", "--from", "22:00", "--until", "05:00")
        assert turned.code == 0 and "20 MB/s, 22:00 to 05:00 UTC" in turned.out
        again = novaops("moves", "limit", str(move), "--unlimited", "--always", "--json").said
        assert again["limit_mb"] is None and again["hours_from"] is None
        assert novaops("moves", "limit", str(move)).code == 2
        assert novaops("moves", "list", "--phase", "finished").out == "No move.\n"
        planned = novaops("rebalance", "--skew", "5", "--moves", "3")
        assert planned.code == 0 and "its share" in planned.out and "Nobody has to move." in planned.out
        assert "no shard of this fleet" in novaops("rebalance", "--pin", "t1=shard-9").out
        assert novaops("rebalance", "--pin", "t1").code == 2
