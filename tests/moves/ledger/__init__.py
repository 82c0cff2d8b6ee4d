"""A ledger that proves moves: clients transfer between accounts and append numbered lines through the router, and keep
what was acknowledged; afterwards nothing of it may be lost, doubled or elsewhere."""
