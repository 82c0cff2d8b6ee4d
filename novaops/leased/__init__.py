"""Work that goes on for as long as the console does, and that any number of processes on any number of hosts share.
Each piece has one worker at a time, by a lease in the control database that runs out when its process dies.

leases    who has which piece
process   takes pieces that nobody has, each in a thread of its own"""
