"""One file per kind of operation that is put to the proof: what it acts on, and what must be true in the end."""
