"""Faults of replication, made on a real fleet: what NovaOps says of each, and how soon. `script/soak faults`."""
