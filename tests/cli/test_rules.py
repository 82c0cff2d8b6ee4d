"""Policy, freezes, schedules and hooks from the command line, against a real console."""

from collections.abc import Callable

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.hooks.delivering import deliver
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.policies import Rule, rule_of
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.hooks.receiver import receiving

Planned = Callable[..., Operation]
FREEZE = ("freezes", "add", "Sale", "--reason", "Peak week.", "--risk", "medium", "--risk", "high")
BERLIN = ("--time-zone", "Europe/Berlin")


@pytest.mark.django_db(transaction=True)
def test_the_policy_freezes_and_schedules(fleet: Fleet, program: MakeProgram, desk: MakeDesk, planned: Planned) -> None:
    operator, number = program("operator"), str(planned().pk)
    with desk(program("admin")) as found:
        novaops: Commands = found.commands
        assert "high One other person has to approve." in " ".join(novaops("policy", "show").out.split())
        told = novaops("policy", "set", "high", "--approvals", "2")
        assert (told.code, told.out) == (0, "Risk high: Two other people have to approve.\n")
        assert novaops("policy", "set", "high", "--ticket", "--json").said["approvals"] == 2
        with tenant_context(fleet):
            assert rule_of(Risk.HIGH) == Rule(2, True)
        assert [novaops("policy", "set", *words).code for words in (["high"], ["grave", "--ticket"])] == [2, 2]
        assert novaops.of(operator)("policy", "set", "low", "--approvals", "1").code == 3

        assert novaops("freezes", "list").out == "No freeze.\n"
        made = novaops(*FREEZE, "--from", "2030-01-04 18:00", "--until", "2030-01-07 06:00", *BERLIN)
        assert made.code == 0 and "from 2030-01-04 18:00 Europe/Berlin" in made.out and "to come" in made.out
        [listed] = novaops("freezes", "list", "--json").said["freezes"]
        assert listed["starts_at"] == "2030-01-04T17:00:00Z"
        assert novaops(*FREEZE, "--from", "soon", "--until", "2030-01-07").code == 2
        assert novaops(*FREEZE, "--from", "2030-01-07", "--until", "2030-01-06").code == 2
        lift = ("freezes", "lift", str(listed["id"]))
        assert novaops.of(operator)(*lift).code == 3 and novaops(*lift).code == 0 and novaops(*lift).code == 3
        assert "lifted" in novaops("freezes", "list", "--all").out

        mine = novaops.of(operator)
        again = ("schedules", "add", number, "--when", "0 3 * * 1", *BERLIN)
        assert "Type exactly" in mine(*again).err and mine("schedules", "list").out == "No schedule.\n"
        schedule = mine(*again, "--confirm", "shard-1 blue", "--json").said
        assert schedule["enabled"] and "03:00 Europe/Berlin" in mine("schedules", "list").out
        pause, resume = (("schedules", word, str(schedule["id"])) for word in ("pause", "resume"))
        assert (mine(*pause).code, mine(*pause).code) == (0, 3)
        assert "paused by operator-alpha" in mine("schedules", "list").out
        assert "03:00 Europe/Berlin" in mine(*resume).out
        end = ("schedules", "end", str(schedule["id"]))
        assert (mine(*end).code, mine(*end).code) == (0, 3)
        assert "ended by operator-alpha" in mine("schedules", "list", "--all").out


@pytest.mark.django_db(transaction=True)
def test_a_hook_from_its_making_to_its_end(fleet: Fleet, program: MakeProgram, desk: MakeDesk) -> None:
    viewer = program("viewer")
    with desk(program("admin")) as found, receiving() as receiver:
        novaops: Commands = found.commands
        assert "No hook" in novaops("hooks", "list").out and "* " in novaops("hooks", "events").out
        assert novaops("hooks", "add", "pager").code == 2
        wanted = ("hooks", "add", "pager", "--url", "-", "--event", "operation.done", "--risk", "high")
        assert "not on the internet" in novaops(*wanted, told="http://10.0.0.1/\n").err
        made = novaops(*wanted, "--key", "one", told=receiver.url)
        assert (
            made.code == 0 and "secret, told this once: whsec_" in made.out and "only for operations: high" in made.out
        )
        lost = novaops(*wanted, "--key", "one", told=receiver.url)
        assert "whsec_" not in lost.out and "novaops hooks renew-secret" in lost.out
        assert "s3cret" not in novaops.of(viewer)("hooks", "list").out
        number = str(novaops("hooks", "list", "--json").said["hooks"][0]["id"])
        changed = novaops("hooks", "change", number, "--name", "duty", "--event", "changelog.broken", "--json").said
        assert (changed["name"], changed["events"], changed["risks"]) == ("duty", ["changelog.broken"], ["high"])
        assert "1 waiting" in novaops("hooks", "test", number).out
        with tenant_context(fleet):
            deliver(int(number))
        [sent] = novaops("hooks", "deliveries", number, "--json").said["deliveries"]
        assert sent["attempts"] == 1 and "hook.test" in novaops("hooks", "deliveries", number).out
        assert novaops("hooks", "send-again", str(sent["id"])).code == 0
        assert novaops.of(viewer)("hooks", "deliveries", number).code == 3
        assert "whsec_" in novaops("hooks", "renew-secret", number).out
        assert novaops("hooks", "delete", number).code == 3, "disable it first"
        assert novaops("hooks", "disable", number).code == 0 and "disabled" in novaops("hooks", "show", number).out
        assert (novaops("hooks", "enable", number).code, novaops("hooks", "disable", number).code) == (0, 0)
        assert "is deleted" in novaops("hooks", "delete", number).out and novaops("hooks", "show", number).code == 2
        with tenant_context(fleet):
            assert Record.objects.filter(subject__in=["setting:hooks/pager", "setting:hooks/duty"]).count() == 9
