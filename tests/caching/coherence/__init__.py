"""Proof that the caches are coherent: random writes in PostgreSQL, reads through both tiers from many processes,
servers that die meanwhile; and afterwards the question whether any read was older than what had been delivered.

    places     where the servers of a sandbox are
    tenant     one tenant with a few VMs, each of which carries the number of its last write
    writing    threads that write; what was acknowledged
    reading    processes that read, and write down what they saw
    delivery   when the change stream has delivered up to where
    history    the judgement: pure
    order      whether each tenant's notices come in the order of the commits
    crew       two processes that share the work, to be killed and held up
    trial      all of it together, with faults"""
