"""Whether a tenant's rows are the same on both shards: docs/moves.md, "Comparing".

images      what of a row is hashed
hashing     sums over a part of a table
points      one moment on both shards, for many sessions
parts       the threads that hash at that moment
statistics  what the planner knows of rows that have just come
compare     all rows, part by part
narrowing   from a part that differs to its rows
keyed       rows by their keys
rows        rows side by side, column by column
touched     the keys that were written since
visible     whether the sender's rows are as new as what its slot told
settling    rounds over them, and the last ones inside the pause"""
