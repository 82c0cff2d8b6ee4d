"""Redis Cluster with little between a command and its socket."""
