"""The command line as a whole: its commands, and its help."""

import typer

from novaops.cli import (
    access,
    acting,
    changelog,
    deciding,
    hooks,
    moves,
    observing,
    pools,
    rebalance,
    replication,
    rules,
)
from novaops.cli.exits import MEANINGS

CODES = "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())
HELP = f"""NovaOps from the command line: plan, approve, run, watch and undo changes of a live fleet; read and verify
its change log.

`novaops login` stores where the console is and a token; NOVAOPS_URL, NOVAOPS_FLEET and NOVAOPS_TOKEN go before it.

\b
Exit codes:
{CODES}
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (access, acting, deciding, changelog, observing, replication, pools, moves, rebalance, rules, hooks):
    room.add_to(app)
