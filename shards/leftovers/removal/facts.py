"""What a plan to remove a leftover rests on: the leftover as it is now, and what goes with it."""

from pydantic import BaseModel, ConfigDict

from shards.leftovers.leftover import Leftover


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class TableRows(_Frozen):
    """Rows of one table that would go, None where they could not be counted in time; the keys of some of them."""

    table: str
    rows: int | None
    sample: tuple[str, ...] = ()


class Home(_Frozen):
    """Where a tenant lives, as the placement says, and what that shard says of it. `here` and `there` count its VMs.
    `claimed`: the epoch at which the shard that has the rows takes the tenant's writes, when the placement does not
    know of it yet."""

    shard: str
    epoch: int
    problem: str = ""
    listed: bool = False
    there: int = 0
    here: int = 0
    claimed: int | None = None


class RemovalFacts(_Frozen):
    """`problem` is set when the shard could not be asked; `leftover` is None when it is no longer there. `tables` are
    in the order in which rows can be deleted; `own_schema` is a tenant's own, that goes with its rows."""

    problem: str = ""
    leftover: Leftover | None = None
    fenced: bool = True
    holds_rows: bool = False
    tables: tuple[TableRows, ...] = ()
    home: Home | None = None
    own_schema: str = ""

    @property
    def rows(self) -> int | None:
        """All that would go; None where something could not be counted."""
        counted = [one.rows for one in self.tables if one.rows is not None]
        return sum(counted) if len(counted) == len(self.tables) else None
