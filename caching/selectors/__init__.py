"""What the pages about caches show, from what is stored. Inside a fleet's schema; asks no server."""
