"""Moves under a ledger's clients while servers and workers are killed: `script/soak moves`, and a sample in the suite."""
