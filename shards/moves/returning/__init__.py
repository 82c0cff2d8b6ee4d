"""The way back: the old shard is kept current until a move is finished or taken back."""
