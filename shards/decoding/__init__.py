"""Logical decoding: what a slot of the plugin pgoutput tells, read by the streaming replication protocol.

    replication   a connection that makes slots and reads one
    slots         what a server tells of a slot, and how it is given up
    pgoutput      its bytes as typed messages

Who reads decides what becomes of it: the change stream of the caches, a move of a tenant."""
