"""The control database for a connection of one's own: Django's are not for waiting on."""

from typing import Any

from django.db import connection


def parameters() -> dict[str, Any]:
    """What psycopg connects with."""
    found = connection.settings_dict
    options = {name: value for name, value in found["OPTIONS"].items() if name != "pool"}
    login = {"user": found["USER"], "password": found["PASSWORD"]}
    return {"host": found["HOST"], "port": found["PORT"], "dbname": found["NAME"], **login, **options}
