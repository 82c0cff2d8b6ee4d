"""What this room tells: whoever keeps a record of it subscribes."""

from django.dispatch import Signal

# A fleet file was imported. Arguments: fleet (Fleet), imported (services.Imported), by (Person, or None for the
# command line). Sent on the fleet's schema, inside the transaction of the import: a receiver that raises undoes it.
fleet_imported = Signal()
