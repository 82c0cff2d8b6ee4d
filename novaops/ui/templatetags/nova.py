"""`{% load nova %}`: all components and the formats of numbers. The style guide at /styleguide shows each."""

from novaops.ui import formats
from novaops.ui.library import register
from novaops.ui.tags import acts, forms, structure, values

__all__ = ["acts", "forms", "register", "structure", "values"]

register.filter("bytes", formats.human_bytes)
register.filter("number", formats.human_number)
register.filter("compact", formats.compact)
register.filter("percent", formats.percent)
register.filter("rate", formats.rate)
register.filter("byte_rate", formats.byte_rate)
register.filter("duration", formats.duration)
register.filter("ms", formats.milliseconds)
register.filter("moment", formats.moment)
