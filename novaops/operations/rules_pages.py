"""What the pages of policy, freezes and schedules show, put into words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.choices import Status
from novaops.operations.contract import Risk
from novaops.operations.crontabs import next_after
from novaops.operations.decision_forms import FreezeForm, RuleForm
from novaops.operations.freezes import next_of
from novaops.operations.models import Freeze, Operation, Recurrence
from novaops.operations.policies import rules
from novaops.operations.zones import in_zone, span_words, zone_names

ENDED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """`state` is a badge's word; `when` names both ends in the freeze's own time zone."""

    freeze: Freeze
    state: str
    word: str
    when: str
    standing: bool


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    recurrence: Recurrence
    next_at: datetime | None
    next_words: str
    may_change: bool


def policy_page(**forms: Any) -> dict[str, Any]:
    """The context of templates/operations/policy.html; `forms` are those that came back with problems."""
    now = timezone.now()
    rows = [_freeze_row(freeze, now) for freeze in Freeze.objects.order_by("-id")[:100]]
    return {
        "rules": [(risk, rule) for risk, rule in rules().items()],
        "rule_forms": rule_forms(None),
        "freeze_form": FreezeForm(),
        "standing": [row for row in rows if row.standing],
        "past": [row for row in rows if not row.standing][:ENDED_SHOWN],
        "zones": zone_names(),
        **forms,
    }


def rule_forms(data: Mapping[str, Any] | None) -> dict[Risk, RuleForm]:
    """One for each risk, with the rule that holds."""
    return {
        risk: RuleForm(
            data,
            prefix=risk.value,
            initial={"approvals": rule.approvals, "ticket_required": rule.ticket_required},
        )
        for risk, rule in rules().items()
    }


def schedules_page(rights: Collection[Right]) -> dict[str, Any]:
    """The context of templates/operations/schedules.html."""
    now = timezone.now()
    at_a_time = Q(status=Status.SCHEDULED) | Q(status=Status.WAITING, due_at__isnull=False)
    upcoming = Operation.objects.filter(at_a_time).defer("plan_json").order_by("due_at", "id")
    going = Recurrence.objects.filter(enabled=True)
    return {
        "upcoming": [(one, in_zone(one.due_at, one.time_zone)) for one in upcoming if one.due_at],
        "recurring": [_schedule_row(one, rights, now) for one in going],
        "ended": Recurrence.objects.filter(enabled=False).order_by("-ended_at")[:ENDED_SHOWN],
    }


def _freeze_row(freeze: Freeze, now: datetime) -> FreezeRow:
    span = next_of(freeze, now)
    starts, ends = (span.starts, span.ends) if span else (freeze.starts_at, freeze.ends_at)
    when = span_words(starts, ends, freeze.time_zone)
    if freeze.lifted_at:
        return FreezeRow(freeze, "neutral", f"Lifted by {freeze.lifted_by_name}", when, False)
    if span is None:
        return FreezeRow(freeze, "neutral", "Over", when, False)
    on = span.covers(now)
    return FreezeRow(freeze, "warning" if on else "pending", "On now" if on else "To come", when, True)


def _schedule_row(recurrence: Recurrence, rights: Collection[Right], now: datetime) -> ScheduleRow:
    kinds = {kind.name: kind.right for kind in registry.kinds()}
    following = next_after(recurrence.crontab, recurrence.time_zone, now)
    words = in_zone(following, recurrence.time_zone) if following else "never"
    may_change = Right.MANAGE_FLEET in rights or kinds.get(recurrence.kind) in rights
    return ScheduleRow(recurrence, following, words, may_change)
