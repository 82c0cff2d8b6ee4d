"""What this room tells: whoever keeps something by a tenant's place subscribes."""

from typing import Protocol

from django.dispatch import Signal

# A tenant is about to change its shard. Argument: tenant_id (str). A receiver that keeps something by the tenant's
# place answers with a `Forgetting`, ready so that it takes some milliseconds: it is called, from another thread, inside
# the pause of the tenant's writes, when none can come from the old shard any more and none has come to the new one.
tenant_leaving = Signal()

# A tenant has another place. Arguments: tenant_id (str), shard (its new one), epoch (the placement's new one).
# Sent on the fleet's schema by whoever moves it, after the new placement is committed; sent again until no receiver
# raises, as what was kept may be wrong.
tenant_changed = Signal()


class Forgetting(Protocol):
    """`forget` raises what went wrong: then the tenant does not change its shard now. `close` is called in the end."""

    def forget(self) -> None: ...

    def close(self) -> None: ...
