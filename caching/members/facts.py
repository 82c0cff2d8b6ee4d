"""What a plan to leave a Memcached server out, or to take it back, rests on."""

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class MemberState(_Frozen):
    name: str
    address: str
    out: bool = False
    items: int = 0
    bytes: int = 0
    problem: str = ""


class MembersFacts(_Frozen):
    """`hits_per_second` of L2's families over the last minutes; None where nobody counted. `problem`: why L1 could not
    tell applications."""

    members: tuple[MemberState, ...] = ()
    hits_per_second: float | None = None
    problem: str = ""

    def named(self, name: str) -> MemberState | None:
        return next((one for one in self.members if one.name == name), None)

    @property
    def used(self) -> tuple[MemberState, ...]:
        return tuple(one for one in self.members if not one.out)
