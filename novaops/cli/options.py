"""What several commands take, said once."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with names that stay.")]
Number = Annotated[int, typer.Argument(metavar="N", help="The operation's number.", min=1)]
Key = Annotated[
    str, typer.Option("--key", metavar="TEXT", help="An idempotency key of your own: the same one is not done twice.")
]
Watching = Annotated[bool, typer.Option("--watch", help="Follow it until it ends.")]
Timeout = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to watch at most.")]
Comment = Annotated[str, typer.Option("--comment", help="It stands in the change log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one sentence; it stands in the change log.")]
Phrase = Annotated[str | None, typer.Option("--confirm", metavar="PHRASE", help="What the plan asks to be typed.")]
Yes = Annotated[bool, typer.Option("--yes", help="Confirm a plan that asks for no phrase.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")]
Actor = Annotated[str, typer.Option("--actor", help="The name of who did it.")]
Verb = Annotated[str, typer.Option("--verb", help="Such as “operation requested”.")]
Subject = Annotated[str, typer.Option("--subject", help="Such as operation:7, which finds its steps too.")]
Since = Annotated[
    str, typer.Option("--since", metavar="TIME", help="Not before; 2026-11-24 or 2026-11-24T03:00+01:00.")
]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Before.")]
Zone = Annotated[str, typer.Option("--time-zone", metavar="ZONE", help="Whose clock the times are read on.")]
Text = Annotated[str, typer.Option("-q", "--text", help="In any word.")]

HOUR = 3600.0
