"""Both tiers for asyncio: the same read path, carried out by a loop."""
