"""`manage.py migrate` is `migrate_schemas`."""

from novaops.fleets.management.commands.migrate_schemas import Command as Command
