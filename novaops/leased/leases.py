"""Who works on which row of a table: by two columns of it and the control database's own clock. Inside a fleet."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Leases(Generic[Row]):
    """`rows` are those that may be held; `key` is the column by which they are named, and `holder` (text, blank) and
    `until` (a time, null) tell who has one and for how long."""

    rows: Callable[[], QuerySet[Row]]
    key: str
    holder: str
    until: str
    lasts: timedelta

    def claim(self, keys: Collection[Any], holder: str, **told: Any) -> Any | None:
        """One of them that nobody holds, taken; None when all are held. One at a time, so that several processes share
        evenly. `told` is written with it."""
        free = self.rows().filter(self._free, **{f"{self.key}__in": keys})
        for key in free.order_by(self.key).values_list(self.key, flat=True):
            if self.rows().filter(self._free, **{self.key: key}).update(**self._mine(holder), **told):
                return key
        return None

    def renew(self, key: Any, holder: str, **told: Any) -> bool:
        """False when it is another's."""
        return bool(self.held(key, holder).update(**self._mine(holder), **told))

    def leave(self, key: Any, holder: str, **told: Any) -> None:
        """It is free for others at once; nothing happens when it is another's."""
        self.held(key, holder).update(**{self.holder: "", self.until: None}, **told)

    def held(self, key: Any, holder: str) -> QuerySet[Row]:
        """The row, as long as this holder has it, whatever else has become of it; else none."""
        mine = {self.key: key, self.holder: holder, f"{self.until}__gt": Now()}
        return self.rows().model._default_manager.filter(**mine)

    def _mine(self, holder: str) -> dict[str, Any]:
        return {self.holder: holder, self.until: Now() + self.lasts}

    @property
    def _free(self) -> Q:
        return Q(**{self.until: None}) | Q(**{f"{self.until}__lte": Now()})
