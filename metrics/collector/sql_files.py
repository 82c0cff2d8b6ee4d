"""The collector's statements."""

from pathlib import Path

SQL = Path(__file__).parent.parent / "sql"
REGISTER = (SQL / "register.sql").read_text()
CLAIM = (SQL / "claim.sql").read_text()
STORE = (SQL / "store.sql").read_text()
SAMPLES = (SQL / "samples.sql").read_text()
