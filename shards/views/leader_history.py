"""Who led when: every change of leader, with who asked for it, how long writes were away, and what was lost."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory.models import Shard
from novaops.operations.models import Operation
from novaops.ui.formats import duration, human_bytes
from shards.replication.history_models import LeaderSwitch
from shards.replication.history_switches import switches

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class SwitchShown:
    """One change; `who` is a sentence, `operation` its row where there is one."""

    switch: LeaderSwitch
    operation: Operation | None

    @property
    def title(self) -> str:
        one = self.switch
        who = one.new_leader or "A member that Patroni does not name"
        if one.old_leader and one.old_leader == one.new_leader:
            return f"{who} stopped and leads again"
        return f"{who} took over from {one.old_leader}" if one.old_leader else f"{who} took over"

    @property
    def word(self) -> str:
        if self.switch.before_watch:
            return "not known"
        return "asked for" if self.switch.operation else "by itself"

    @property
    def gap(self) -> str:
        one = self.switch
        if one.gap_least is None or one.gap_most is None:
            return "not measured" if one.measured_at or one.before_watch else "being measured"
        if one.gap_most - one.gap_least < 0.05:
            return duration(one.gap_most)
        return f"{duration(round(one.gap_least, 1))} to {duration(round(one.gap_most, 1))}"

    @property
    def lost(self) -> str:
        lost = self.switch.lost_bytes
        return "not known" if lost is None else "none known" if lost == 0 else f"at least {human_bytes(lost)}"


@require_safe
@right_required(Right.VIEW)
def leader_history(request: FleetRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("shard", "since", "until", "who")}
    found = switches(**asked)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "asked": asked,
        "page": page,
        "shown": shown(list(page.object_list)),
        "names": list(Shard.objects.filter(present=True).order_by("name").values_list("name", flat=True)),
        "whos": [("asked", "asked for"), ("itself", "by itself")],
    }
    return render(request, "shards/leader_history.html", context)


def shown(found: list[LeaderSwitch]) -> list[SwitchShown]:
    """With their operations, in one query more."""
    wanted = [one.operation for one in found if one.operation]
    operations = Operation.objects.filter(pk__in=wanted).defer("plan_json").in_bulk() if wanted else {}
    return [SwitchShown(one, operations.get(one.operation) if one.operation else None) for one in found]
