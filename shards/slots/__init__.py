"""A replication slot is dropped by its name, with who reads from it, if that is asked for.

The sweeper (`shards.leftovers`) finds slots that nobody reads and nothing knows; this is for those that it leaves alone
because somebody reads from them, and judges by the same facts."""
