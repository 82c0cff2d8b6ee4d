"""What this room tells: whoever keeps a record of it subscribes."""

from django.dispatch import Signal

# A role was given or taken. Arguments: fleet (Fleet), person (Person), role (Role), granted (bool),
# by (Person, or None when it was done on the command line).
# It is sent on the public schema, inside the transaction of the change: a receiver that raises undoes it.
role_changed = Signal()
