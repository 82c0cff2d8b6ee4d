"""Where the test kind's live system is: a shard of the sandbox that runs."""

from pathlib import Path

import yaml
from psycopg.conninfo import make_conninfo

PATIENCE_SECONDS = 5


def of_leader(state: Path, shard: int = 0) -> str:
    """Leads to the shard's leader, whichever member that is."""
    described = yaml.safe_load((state / "fleet.yml").read_text())
    password = (state / described["credentials"]["postgres"]["password"]["file"]).read_text().strip()
    found = described["shards"][shard]
    addresses = [member["postgres"].split(":") for member in found["members"]]
    return make_conninfo(
        host=",".join(host for host, _ in addresses),
        port=",".join(port for _, port in addresses),
        dbname=found["database"],
        user=described["credentials"]["postgres"]["username"],
        password=password,
        target_session_attrs="read-write",
        connect_timeout=PATIENCE_SECONDS,
    )
