-- Chunks of TimescaleDB on the shard that sends, as a move follows them: a publication takes those that are there when it
-- is made, and no other by itself. They are called pieces here, as parts of a copy are chunks already.
CREATE TABLE novaops_schema.arrival_pieces (
    stream text NOT NULL REFERENCES novaops_schema.arrivals ON DELETE CASCADE,
    table_name text NOT NULL,
    piece_schema text NOT NULL,
    piece_name text NOT NULL,
    -- Its range of the column that the table is cut along: from `lower` (inclusive) to before `upper`; null: open.
    lower text,
    upper text,
    -- coming: its changes are not written, as its rows are to be fetched still; here: they are; gone: it was dropped, and
    -- what is told of it is over.
    state text NOT NULL CHECK (state IN ('coming', 'here', 'gone')),
    PRIMARY KEY (stream, piece_schema, piece_name)
);
