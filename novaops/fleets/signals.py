"""What this room tells: whoever keeps a record of it subscribes."""

from django.dispatch import Signal

# A role was given or taken. Arguments: fleet (Fleet), person (Person), role (Role), granted (bool),
# by (Person, or None when it was done on the command line).
# It is sent on the public schema, inside the transaction of the change: a receiver that raises undoes it.
role_changed = Signal()

# Somebody who lacks the right tried to change something. Arguments: person (Person), what (the name of the address),
# reason (a sentence). Sent on the fleet's schema, before the request is answered.
change_refused = Signal()

# A setting of a fleet was changed. Arguments: fleet (Fleet), name, before, after (JSON values), outcome (a sentence),
# by (Person, or None when it was done on the command line). Sent inside the transaction of the change.
setting_changed = Signal()
