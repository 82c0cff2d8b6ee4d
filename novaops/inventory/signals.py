"""What this room tells: whoever keeps a record of it subscribes."""

from django.dispatch import Signal

# A fleet file was imported. Arguments: fleet (Fleet), imported (services.Imported), by (Person, or None for the
# command line). Sent on the fleet's schema, inside the transaction of the import: a receiver that raises undoes it.
fleet_imported = Signal()

# What is sealed comes under the newest key. Sent on each fleet's schema; a receiver brings over what its room keeps
# with `novaops.inventory.secrets`, and returns how many there were.
resealing = Signal()

# Every stored password was brought under the newest key. Arguments: count. Sent on the fleet's schema, inside the
# transaction that did it.
passwords_resealed = Signal()
