"""What can go wrong with the data plane, as sentences."""


class DataPlaneProblem(Exception):
    """A shard could not be brought to, or compared with, the wanted schema."""
