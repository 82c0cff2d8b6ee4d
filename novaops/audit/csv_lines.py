"""Lines of a CSV file (RFC 4180) that a spreadsheet shows and never carries out."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from novaops.audit.canonical import instant

# A cell that begins with one of these is a formula to a spreadsheet; to some, also the wide ones of East Asia.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """One line for each row, with its end. Times are written in UTC, None as an empty cell."""
    line = io.StringIO()
    writer = csv.writer(line)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return instant(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
