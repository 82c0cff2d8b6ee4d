"""What the data plane publishes for the change stream, and how the slots are named that read it."""

PUBLICATION = "novaops_stream"
SLOT_PREFIX = "novaops_stream_"
