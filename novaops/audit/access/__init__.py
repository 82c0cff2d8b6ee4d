"""The access review: who holds which right on a fleet, since when, given by whom, and used when for the last time."""
