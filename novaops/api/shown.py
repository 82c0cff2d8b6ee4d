"""Operations as the API shows them."""

import json
from hashlib import sha256
from typing import Any

from novaops.api.act_schemas import OperationLine, OperationOut
from novaops.operations.models import Operation
from novaops.operations.selectors import as_json, detail


def shown(operation: Operation) -> OperationOut:
    """One operation with its plan, its steps and the last lines of its log."""
    seen = detail(operation)
    body: dict[str, Any] = {
        **as_json(operation),
        "risk": operation.risk,
        "ended": operation.state.terminal,
        "state": seen.state,
        "confirm": operation.plan.confirm,
        "log": [{"at": line.at, "step": line.step, "text": line.text} for line in seen.lines],
    }
    return OperationOut(**body, version=_version(body))


def line(one: Operation) -> OperationLine:
    same = {name: getattr(one, name) for name in OperationLine.model_fields if name not in ("requested_by", "id")}
    return OperationLine(**same, id=one.pk, requested_by=one.requested_by_name)


def _version(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:16]
