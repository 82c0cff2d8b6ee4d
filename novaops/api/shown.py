"""Operations as the API shows them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from novaops.api.act_schemas import OperationLine, OperationOut
from novaops.api.finding import operation_or_404
from novaops.operations.models import Operation
from novaops.operations.selectors import as_json, detail


def seen(number: int) -> OperationOut:
    """One operation, all of it as it was at one instant: it may move on while it is read. Raises Http404."""
    with snapshot():
        return shown(operation_or_404(number))


def shown(operation: Operation) -> OperationOut:
    """One operation with its plan, its steps and the last lines of its log."""
    told = detail(operation)
    body: dict[str, Any] = {
        **as_json(operation),
        "risk": operation.risk,
        "ended": operation.state.terminal,
        "state": told.state,
        "confirm": operation.plan.confirm,
        "log": [{"at": line.at, "step": line.step, "text": line.text} for line in told.lines],
    }
    return OperationOut(**body, version=_version(body))


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read inside is of one instant. In a transaction that changes something, it is as that one sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def line(one: Operation) -> OperationLine:
    same = {name: getattr(one, name) for name in OperationLine.model_fields if name not in ("requested_by", "id")}
    return OperationLine(**same, id=one.pk, requested_by=one.requested_by_name)


def _version(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:16]
