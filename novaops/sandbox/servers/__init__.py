"""One file per kind of server: what it is called, how it is configured, how to see that it answers."""
