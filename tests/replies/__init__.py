"""Replies of real servers, recorded with the version that gave them: `replies/<system>-<version>/`."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def said(name: str) -> Any:
    """A recorded JSON reply, such as `patroni-3.0.2/cluster`."""
    return json.loads((HERE / f"{name}.json").read_text())


def text(name: str) -> str:
    return (HERE / name).read_text()
