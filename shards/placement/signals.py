"""What this room tells: whoever keeps something by a tenant's place subscribes."""

from django.dispatch import Signal

# A tenant has another place. Arguments: tenant_id (str), shard (its new one), epoch (the placement's new one).
# Sent on the fleet's schema by whoever moves it, after the new placement is committed and before the tenant's writes go
# on there. A receiver's error is the sender's: it sends again until none is left, as what was kept may be wrong.
tenant_changed = Signal()
