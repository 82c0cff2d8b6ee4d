"""The three actions, from the browser to the servers: requested, planned, confirmed, run by a worker, recorded."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.e2e.console import Console
from tests.waiting import wait_for

Connect = Callable[[str], psycopg.Connection[tuple[object, ...]]]
LONG = 120_000


def plan(page: Page, console: Console, kind: str, values: dict[str, str], reason: str) -> None:
    """Fills the request form in and waits for the plan."""
    page.goto(console.path(f"operations/new/{kind}/"))
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.fill("[name=reason]", reason)
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/operations/\d+/$"))


def ask_for_it(page: Page) -> None:
    """Types what is asked for, and confirms the plan that the page shows."""
    form = page.locator("form[action$='/confirm']")
    phrase = form.locator("[data-phrase]")
    if phrase.count():
        phrase.fill(phrase.get_attribute("data-phrase") or "")
    form.locator("button[type=submit]").click()


def stands(page: Page, state: str) -> None:
    """Waits until the verdict of the operation's page says so."""
    expect(page.locator("#operation-state .verdict").get_by_role("img", name=state)).to_be_visible(timeout=LONG)


def confirm(page: Page) -> int:
    """Confirms, and waits until the operation is done; its number."""
    ask_for_it(page)
    stands(page, "Done")
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def recorded(console: Console, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = console.get(f"operations/{number}")
    return answer


def leader_of(console: Console, shard: str) -> str:
    """The member that the shard's Patroni members name as leader, as the console last read it."""
    for (kind, _), server in console.servers().items():
        if kind == "patroni" and server["shard"] == shard:
            for reading in server["readings"]:
                for member in ((reading["facts"] or {}).get("cluster") or {}).get("members") or ():
                    if member["role"] == "leader":
                        return str(member["name"])
    return ""


def test_a_switchover_moves_the_leader(page_as: Callable[..., Page], console: Console, shard_leader: Connect) -> None:
    page = page_as("operator")
    page.goto(console.path("operations/new/switchover/"))
    with shard_leader("shard-1") as connection:
        before = connection.execute("SELECT inet_server_port(), (pg_control_checkpoint()).timeline_id").fetchone()
        standby = connection.execute(
            "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'"
        ).fetchone()
    assert before is not None and standby is not None
    plan(page, console, "switchover", {"shard": "shard-1", "candidate": str(standby[0])}, "A rehearsal.")
    expect(page.get_by_text(str(standby[0])).first).to_be_visible()
    ask_for_it(page)
    stands(page, "Waiting for approval")
    approver = page_as("approver")
    approver.goto(console.path("operations/"))
    waiting = approver.locator("tr", has_text="waits for you").first
    waiting.locator("th a").click()
    approver.fill("textarea[name=comment]", "Agreed.")
    approver.get_by_role("button", name="Approve").click()
    stands(page, "Done")
    number = int(page.url.rstrip("/").rsplit("/", 1)[1])
    with shard_leader("shard-1") as connection:
        after = connection.execute("SELECT inet_server_port()").fetchone()
    assert after is not None and after[0] != before[0], "the same server still leads"
    operation = recorded(console, number)
    assert operation["status"] == "done" and operation["reason"] == "A rehearsal."
    assert [word["comment"] for word in operation["approvals"]] == ["Agreed."]
    wait_for(lambda: leader_of(console, "shard-1") == str(standby[0]), "the pages to name the new leader", 60)
    wait_for(lambda: console.unwell() == {}, "every server healthy after the switchover", 120)


def test_a_flush_empties_the_family(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("operator")
    plan(page, console, "cache-flush", {"family": "vm"}, "Stale entries after a repair.")
    number = confirm(page)
    operation = recorded(console, number)
    assert operation["status"] == "done"
    expect(page.get_by_text(re.compile(r"keys?", re.IGNORECASE)).first).to_be_visible()


def test_partitions_are_created(page_as: Callable[..., Page], console: Console, shard_leader: Connect) -> None:
    def partitions() -> set[str]:
        with shard_leader("shard-1") as connection:
            rows = connection.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'vms'::regclass"
            )
            return {str(row[0]) for row in rows}

    before = partitions()
    page = page_as("operator")
    plan(page, console, "partitions-create", {"shard": "shard-1", "table": "public.vms", "count": "2"}, "Next months.")
    number = confirm(page)
    assert len(partitions() - before) == 2
    assert recorded(console, number)["status"] == "done"


def test_the_plan_beside_the_form_follows_what_is_filled_in(page_as: Callable[..., Page], console: Console) -> None:
    before = console.get("operations")["operations"][:1]
    page = page_as("operator", width=390)
    page.goto(console.path("operations/new/partitions-create/"))
    pane, count = page.locator("#pane-shown"), page.locator("[name=count]")
    expect(pane).to_contain_text("This would be done")
    page.locator("[name=table]").select_option("public.vms")
    count.fill("3")
    expect(pane).to_contain_text("3 partitions")
    count.fill("0")
    expect(pane).to_contain_text("Not understood")
    expect(page.locator("#id_count_problems .field-error")).to_be_visible()
    count.fill("2")
    expect(pane).to_contain_text("2 partitions")
    expect(page.locator(".field-error")).to_have_count(0)
    assert count.input_value() == "2" and console.get("operations")["operations"][:1] == before


def test_the_change_log_tells_who_when_and_why(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("operator")
    reason = f"Asked for at {datetime.now(UTC):%H:%M:%S.%f}"
    plan(page, console, "cache-flush", {"family": "metric"}, reason)
    confirm(page)
    auditor = page_as("auditor")
    auditor.goto(console.path("changes/"))
    records = auditor.locator("main table")
    for verb in ("operation requested", "operation confirmed", "operation done"):
        expect(records.get_by_text(verb).first).to_be_visible()
    records.get_by_role("link", name="operation requested").first.click()
    expect(auditor.get_by_text(reason).first).to_be_visible()


def test_an_operation_starts_at_its_time(page_as: Callable[..., Page], console: Console) -> None:
    """Beat looks, a worker carries it out: nobody touches the page meanwhile."""
    page = page_as("operator", width=390, theme="dark")
    plan(page, console, "cache-flush", {"family": "vm"}, "Early in the morning.")
    form = page.locator("form[action$='/confirm']")
    # The browser's own field counts in minutes; the console takes seconds too.
    form.evaluate("form => { form.noValidate = true; }")
    soon = datetime.now(UTC) + timedelta(seconds=4)
    form.locator("[name=due_at]").fill(f"{soon:%Y-%m-%dT%H:%M:%S}")
    form.locator("[name=time_zone]").fill("UTC")
    ask_for_it(page)
    stands(page, "Scheduled")
    stands(page, "Done")


def test_a_break_glass_is_acknowledged_by_somebody_else(page_as: Callable[..., Page], console: Console) -> None:
    page = page_as("oncall")
    plan(page, console, "cache-flush", {"family": "perm"}, "Wrong permissions are served.")
    page.check("[name=break_glass]")
    number = confirm(page)
    assert f"operation {number} as a break-glass" in str(console.get("findings"))
    approver = page_as("approver")
    approver.goto(console.path(f"operations/{number}/"))
    approver.fill("textarea[name=comment]", "Rightly so.")
    approver.get_by_role("button", name="Acknowledge").click()
    expect(approver.get_by_text("acknowledged it: Rightly so.")).to_be_visible()
    assert recorded(console, number)["acknowledged_by"] == "approver"
    assert f"operation {number} as a break-glass" not in str(console.get("findings"))
