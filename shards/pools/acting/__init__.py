"""What is done to a PgBouncer: RECONNECT, RELOAD, KILL and the size of its pools."""
