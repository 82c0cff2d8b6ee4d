"""The overview, and the page of any server."""
