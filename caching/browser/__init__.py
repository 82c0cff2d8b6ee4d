"""The key browser: what lies under a name or a pattern in both tiers. It asks live servers, each for a short time; one
that does not answer is told as such, and the others are shown."""
