"""Names as a person types them into one field."""

import re


def names_of(text: str) -> tuple[str, ...]:
    """ "shard-1, shard-2", each once, in their order."""
    return tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", text.strip()) if part))
