"""What is done to a Patroni cluster besides switching it over: fail over, restart, rebuild, pause, configure."""
