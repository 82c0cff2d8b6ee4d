"""Policy, freezes and schedules as the API shows them."""

from datetime import datetime

from django.utils import timezone

from novaops.api.rule_schemas import FreezeOut, RuleOut, ScheduleOut
from novaops.operations.contract import Risk
from novaops.operations.crontabs import next_after
from novaops.operations.freeze_times import Span
from novaops.operations.freezes import next_of
from novaops.operations.models import Freeze, Recurrence
from novaops.operations.policies import DEFAULTS, rule_of


def rule_shown(risk: Risk) -> RuleOut:
    rule = rule_of(risk)
    return RuleOut(
        risk=risk.value,
        approvals=rule.approvals,
        ticket_required=rule.ticket_required,
        own=rule != DEFAULTS[risk],
        sentence=rule.sentence,
    )


def freeze_shown(freeze: Freeze) -> FreezeOut:
    now = timezone.now()
    span = next_of(freeze, now)
    apart = {"state", "next_starts_at", "next_ends_at", "made_by", "lifted_by"}
    return FreezeOut(
        **{name: getattr(freeze, name) for name in FreezeOut.model_fields if name not in apart},
        state=_state(freeze, span, now),
        next_starts_at=span.starts if span else None,
        next_ends_at=span.ends if span else None,
        made_by=freeze.made_by_name,
        lifted_by=freeze.lifted_by_name,
    )


def schedule_shown(one: Recurrence) -> ScheduleOut:
    apart = {"next_at", "requested_by", "paused_by", "ended_by"}
    comes = one.enabled and one.paused_at is None
    return ScheduleOut(
        **{name: getattr(one, name) for name in ScheduleOut.model_fields if name not in apart},
        next_at=next_after(one.crontab, one.time_zone, timezone.now()) if comes else None,
        requested_by=one.requested_by_name,
        paused_by=one.paused_by_name,
        ended_by=one.ended_by_name,
    )


def _state(freeze: Freeze, span: Span | None, now: datetime) -> str:
    if freeze.lifted_at:
        return "lifted"
    if span is None:
        return "over"
    return "on" if span.covers(now) else "to come"
