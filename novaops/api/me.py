"""Who is calling."""

from ninja import Router

from novaops.api.bearers import Bearer
from novaops.api.change_schemas import MeOut, TokenOut
from novaops.fleets.requests import FleetRequest

router = Router(tags=["caller"])


@router.get("", response=MeOut, summary="Who you are here, and what you may do")
def me(request: FleetRequest) -> MeOut:
    bearer: Bearer | None = getattr(request, "bearer", None)
    return MeOut(
        person=request.user.get_username(),
        is_machine=request.user.is_machine,
        fleet=request.fleet.slug,
        fleet_name=request.fleet.name,
        roles=[role.value for role in request.roles],
        rights=sorted(right.value for right in request.rights),
        token=_token(bearer) if bearer else None,
    )


def _token(bearer: Bearer) -> TokenOut:
    token = bearer.token
    return TokenOut(name=token.name, begins_with=token.prefix, scopes=token.scopes, expires_at=token.expires_at)
