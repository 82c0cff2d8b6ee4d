"""The verifier that auditors take with them: one file that knows nothing of the console, and is no part of it."""

from pathlib import Path

FILE = Path(__file__).parent / "verify_changelog.py"


def text() -> str:
    return FILE.read_text()
