"""Moves under a ledger's clients while servers and workers are killed: `script/soak moves`; the suite has a sample."""
