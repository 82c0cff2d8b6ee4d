"""Sessions of a PostgreSQL server: a statement is cancelled, or a session ended."""
