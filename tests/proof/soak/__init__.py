"""The whole matrix of faults, and random ones for as long as one likes, on a sandbox of its own: `script/soak`."""
