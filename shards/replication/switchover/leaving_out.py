"""Pools that a person leaves out of what pauses them, also where a switchover is a part of something larger."""

from typing import Annotated

from pydantic import Field

LeaveOut = Annotated[
    str,
    Field(
        title="Leave out",
        description="Pools that are not paused although clients may use them, with commas: such as one that does not"
        " answer. Their clients get errors. A shard's address can be named too.",
    ),
]
