"""What can be requested: each kind of operation with the schema of its parameters."""

from typing import Annotated, Any

from ninja import Path, Router

from novaops.api.act_schemas import KindOut, KindsOut, ProblemOut
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.contract import Kind
from novaops.operations.planning import kind_named

router = Router(tags=["act"])
Name = Annotated[str, Path(description="The kind's name.")]


@router.get("", response=KindsOut, summary="Every kind of operation, with the JSON schema of its parameters")
def kinds(request: FleetRequest) -> KindsOut:
    return KindsOut(kinds=[_shown(kind, request.rights) for kind in registry.kinds()])


@router.get("{slug:name}", response={200: KindOut, 422: ProblemOut}, summary="One kind of operation")
def kind(request: FleetRequest, name: Name) -> KindOut:
    return _shown(kind_named(name), request.rights)


def _shown(kind: Kind[Any], rights: frozenset[Right]) -> KindOut:
    return KindOut(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        risk=kind.risk.value,
        right=kind.right.value,
        may_request=kind.right in rights,
        parameters=kind.parameters.model_json_schema(),
        choices={name: [list(pair) for pair in pairs] for name, pairs in kind.choices().items()},
    )
