"""The expressions that the change log is indexed by (sql/finding.sql): written as there, or the index is not used."""

import re

from django.db.models import BooleanField, F, Func, JSONField, TextField, Value

BETWEEN_WORDS = re.compile(r'["{}\[\](),;“”\s]+')
LONGEST_WORD = 100
SHORTEST_BEGINNING = 3
MOST_WORDS = 20

THING = Func(F("subject"), template="split_part(%(expressions)s, '/', 1)", output_field=TextField())
TARGETS = Func(F("data"), template="(%(expressions)s -> 'targets')", output_field=JSONField())
KIND = Func(F("data"), template="left(%(expressions)s ->> 'kind', 200)", output_field=TextField())
TICKET = Func(F("data"), template="left(%(expressions)s ->> 'ticket', 200)", output_field=TextField())


def has_words(text: str) -> Func:
    """Whether a record holds every word of `text`. ValueError when there is no word in it."""
    query = tsquery(text)
    if not query:
        raise ValueError(f"There is no word in {text!r}.")
    template = "audit_words(verb, subject, actor, outcome, data) @@ lower(%(expressions)s)::tsquery"
    return Func(Value(query), template=template, output_field=BooleanField())


def tsquery(text: str) -> str:
    """The words as PostgreSQL's tsquery. A word stands for all that begin with it, but for numbers and short ones."""
    words = [word.rstrip(".:")[:LONGEST_WORD] for word in BETWEEN_WORDS.split(text)]
    return " & ".join(_lexeme(word) for word in [word for word in words if word][:MOST_WORDS])


def _lexeme(word: str) -> str:
    quoted = "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted if word.isdecimal() or len(word) < SHORTEST_BEGINNING else f"{quoted}:*"
