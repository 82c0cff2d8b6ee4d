"""The fleet's rules: its policy, its freezes and its schedules."""

from typing import Annotated, Any

import typer

from novaops.cli.clock import moment
from novaops.cli.exits import ExitCode
from novaops.cli.options import AsJson, Key, Limit, Number, Reason, Zone
from novaops.cli.problems import Problem
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table, when, word

policy = typer.Typer(help="What each risk needs before it runs.", no_args_is_help=True, rich_markup_mode=None)
freezes = typer.Typer(help="When operations are refused.", no_args_is_help=True, rich_markup_mode=None)
schedules = typer.Typer(help="Operations that come back by the clock.", no_args_is_help=True, rich_markup_mode=None)
RiskName = Annotated[str, typer.Argument(metavar="RISK", help="low, medium, high or break-glass.")]
Risks = Annotated[list[str], typer.Option("--risk", metavar="RISK", help="A risk that it refuses, several allowed.")]
Approvals = Annotated[int | None, typer.Option("--approvals", help="How many other people have to approve.")]
Ticket = Annotated[bool | None, typer.Option("--ticket/--no-ticket", help="Whether a change ticket is required.")]
FreezeNumber = Annotated[int, typer.Argument(metavar="N", help="The freeze's number.", min=1)]
ScheduleNumber = Annotated[int, typer.Argument(metavar="N", help="The schedule's number.", min=1)]
Every = Annotated[bool, typer.Option("--all", help="Also those that are over.")]
Starts = Annotated[str, typer.Option("--from", metavar="TIME", help="Such as “2026-11-27 18:00”.")]
Ends = Annotated[str, typer.Option("--until", metavar="TIME", help="When it is over.")]
Weekly = Annotated[bool, typer.Option("--weekly", help="Every seven days, at the same time of that clock.")]
Crontab = Annotated[
    str, typer.Option("--when", metavar="CRONTAB", help="Minute, hour, day, month, weekday, such as “0 3 * * 1”.")
]
Typed = Annotated[str, typer.Option("--confirm", metavar="PHRASE", help="What its plan asks to be typed.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(policy, name="policy")
    app.add_typer(freezes, name="freezes")
    app.add_typer(schedules, name="schedules")


@policy.command("show")
def show_policy(as_json: AsJson = False) -> None:
    """What each risk needs before it runs."""
    session = begin(as_json)
    said = session.client.get("policy")
    session.printer.show(said, table([(one["risk"], one["sentence"]) for one in said["rules"]]))


@policy.command("set")
def set_policy(
    risk: RiskName, approvals: Approvals = None, ticket: Ticket = None, key: Key = "", as_json: AsJson = False
) -> None:
    """Change what one risk needs, from now on. What is not told stays as it is."""
    if approvals is None and ticket is None:
        raise Problem(ExitCode.INVALID, "Nothing to change: give --approvals, --ticket or --no-ticket.")
    session = begin(as_json)
    said = session.client.post(f"policy/{risk}", {"approvals": approvals, "ticket_required": ticket}, key)
    session.printer.show(said, [plain(f"Risk {said['risk']}: {said['sentence']}")])


@freezes.command("list")
def list_freezes(every: Every = False, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Freezes that are on or to come."""
    session = begin(as_json)
    said = session.client.get("freezes", {"standing": "" if every else "true", "limit": limit})
    shown = [one for one in said["freezes"] if every or one["state"] != "over"]
    session.printer.show({**said, "freezes": shown}, _freezes(shown))


@freezes.command("add")
def add_freeze(
    name: Annotated[str, typer.Argument(help="Refusals say it.")],
    reason: Reason,
    starts: Starts,
    ends: Ends,
    risks: Risks,
    zone: Zone = "UTC",
    weekly: Weekly = False,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Refuse operations of some risks for a time."""
    session = begin(as_json)
    span = {"starts_at": moment(starts, zone), "ends_at": moment(ends, zone), "time_zone": zone, "weekly": weekly}
    said = session.client.post("freezes", {"name": name, "reason": reason, "risks": risks, **span}, key)
    session.printer.show(said, [plain(f"The freeze “{said['name']}” is made."), *_freezes([said])])


@freezes.command("lift")
def lift_freeze(number: FreezeNumber, key: Key = "", as_json: AsJson = False) -> None:
    """End a freeze for good, at once."""
    session = begin(as_json)
    said = session.client.post(f"freezes/{number}/lift", {}, key)
    session.printer.show(said, [plain(f"The freeze “{said['name']}” is lifted.")])


@schedules.command("list")
def list_schedules(every: Every = False, limit: Limit = 50, as_json: AsJson = False) -> None:
    """What comes back by the clock, and when the next time is."""
    session = begin(as_json)
    said = session.client.get("schedules", {"enabled": "" if every else "true", "limit": limit})
    session.printer.show(said, _schedules(said["schedules"]))


@schedules.command("add")
def add_schedule(
    number: Number,
    crontab: Crontab,
    zone: Zone = "UTC",
    typed: Typed = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Repeat operation N, which is planned or done, by the clock. Each turn is planned anew, and confirmed if its plan
    asks for the same phrase."""
    session = begin(as_json)
    wanted = {"operation": number, "crontab": crontab, "time_zone": zone, "typed": typed}
    said = session.client.post("schedules", wanted, key)
    session.printer.show(said, [plain(f"Schedule {said['id']} is made."), *_schedules([said])])


@schedules.command("pause")
def pause_schedule(number: ScheduleNumber, key: Key = "", as_json: AsJson = False) -> None:
    """Let a schedule rest. Turns that it misses are left out."""
    session = begin(as_json)
    said = session.client.post(f"schedules/{number}/pause", {}, key)
    session.printer.show(said, [plain(f"Schedule {said['id']} is paused.")])


@schedules.command("resume")
def resume_schedule(number: ScheduleNumber, key: Key = "", as_json: AsJson = False) -> None:
    """Let a paused schedule go on, from its next turn."""
    session = begin(as_json)
    said = session.client.post(f"schedules/{number}/resume", {}, key)
    session.printer.show(said, _schedules([said]))


@schedules.command("end")
def end_schedule(number: ScheduleNumber, key: Key = "", as_json: AsJson = False) -> None:
    """End a schedule for good. What it made already goes on."""
    session = begin(as_json)
    said = session.client.post(f"schedules/{number}/end", {}, key)
    session.printer.show(said, [plain(f"Schedule {said['id']} has ended.")])


def _freezes(rows: list[dict[str, Any]]) -> list[Line]:
    if not rows:
        return [plain("No freeze.")]
    return [line for one in rows for line in _freeze(one)]


def _freeze(one: dict[str, Any]) -> list[Line]:
    ends = [one["next_starts_at"] or one["starts_at"], one["next_ends_at"] or one["ends_at"]]
    span = " to ".join(when(end, one["time_zone"]) for end in ends)
    again = ", every seven days" if one["weekly"] else ""
    head: Line = [(f"{one['id']}  ", "bold"), word(one["state"]), *plain(f"  {one['name']}: {one['reason']}")]
    return [head, plain(f"    refuses {', '.join(one['risks'])} from {span}{again}", "dim")]


def _schedules(rows: list[dict[str, Any]]) -> list[Line]:
    lines = []
    for one in rows:
        following = f"next {when(one['next_at'], one['time_zone']) if one['next_at'] else 'never'}"
        comes = f"paused by {one['paused_by']}" if one["paused_at"] else following
        lines.append(plain(f"{one['id']}  {one['title']}: {one['crontab']} {one['time_zone']}, {comes}"))
        last = f"; last: {one['last_outcome']}" if one["last_outcome"] else ""
        ended = f"; ended by {one['ended_by']}" if one["ended_by"] else ""
        lines.append(plain(f"    for {one['requested_by']}{last}{ended}", "dim"))
    return lines or [plain("No schedule.")]
