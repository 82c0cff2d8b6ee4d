"""Applying a stream's changes on the shard that receives.

changes      what the slot tells, as changes of the tenant's tables
reading      the slot, read from the sender's leader
netting      what many changes come to for each row
statements   the SQL of each table, for many rows at once
receiving    transactions on the receiver: fenced, with the bookkeeping
single       one change at a time, where many at once did not go
rows         whole rows, fetched from the sender
unseen       what the slot has told, and no snapshot of the sender sees yet
applier      all of it: the way in"""
