"""A real fleet on one machine: the servers, the console in front of them, and the process that keeps them alive."""
