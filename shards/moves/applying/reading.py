"""The slot, read from the sender's leader: transactions in the order of their commits."""

from collections.abc import Mapping, Sequence

from shards.decoding.pgoutput import Begin, Commit, Message, Parser, Row, Truncate
from shards.decoding.replication import Replication
from shards.moves.applying.changes import Change, Cleared, Translator
from shards.moves.pieces import Name, Piece
from shards.moves.tables import Table

Told = Begin | Commit | Change | Cleared | Message


class Reader:
    """What a slot tells of the tenant. `size`: bytes that were read for what `read` returned last."""

    def __init__(self, replication: Replication, tables: Sequence[Table], pieces: Mapping[Name, Piece]) -> None:
        self.replication = replication
        self._parser, self._translator = Parser(decode=False), Translator(tables, pieces)
        self._returned: Begin | None = None
        self.size = 0

    def read(self) -> Told | None:
        """None when nothing has come yet."""
        if self._returned is not None:
            returned, self._returned = self._returned, None
            return returned
        while (data := self.replication.read()) is not None:
            told = self._parser.parse(data)
            self.size = len(data)
            if isinstance(told, Row):
                change = self._translator.change(told)
                if change is not None:
                    return change
            elif isinstance(told, Truncate):
                return self._translator.cleared(told)
            if isinstance(told, Begin | Commit | Message):
                return told
        return None

    def put_back(self, begin: Begin) -> None:
        """To be read again."""
        self._returned = begin

    @property
    def sent_until(self) -> int:
        """Whatever was committed before has been read, if nothing was put back and no transaction is being read."""
        return 0 if self._returned is not None else self.replication.sent_until
