"""A small application of the platform's kind, which keeps a fleet alive: it reads through both caches and the pools,
and writes VMs and measurements, as NovaCron does. It is also the example of how applications use both libraries."""
