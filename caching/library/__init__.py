"""The part of caching that applications import: both tiers behind one read path. No Django in it."""
