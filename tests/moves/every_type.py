"""A value, and none, of every type that a table may have: those of PostgreSQL, and some that users make of them."""

TYPES = """
    CREATE TYPE mood AS ENUM ('calm', 'angry', 'it''s "odd"');
    CREATE TYPE pair AS (a integer, b text);
    CREATE TYPE moody AS (a pair, b mood, c mood[]);
    CREATE DOMAIN small AS integer CHECK (VALUE < 10);
    CREATE DOMAIN moods AS mood[];
    CREATE TYPE smalls AS RANGE (subtype = numeric, multirange_type_name = many_smalls);
"""
WORDS = (
    """E'tab\\t line\\n return\\r back\\\\slash \\b\\f\\v \\x01\\x7f "quoted" ''single'' {brace,}"""
    """ \\\\N \\\\. \\u00fc \\u6c49 \\U0001f418 \\u2028'"""
)
VALUES = {
    "aclitem": "'postgres=r/postgres'",
    "bigint": "-9223372036854775808",
    "bit": "B'1'",
    "bit(3)": "B'101'",
    "bit varying": "B'10101111000'",
    "boolean": "true",
    "box": "'(1.5,2),(0,0)'",
    "bytea": "'\\x00ff5c27'",
    '"char"': "'x'",
    "character": "'y'",
    "character(7)": "'ab'",
    "character varying": WORDS,
    "cid": "'7'",
    "cidr": "'10.1.0.0/16'",
    "circle": "'<(1,2),3.25>'",
    "date": "'infinity'",
    "datemultirange": "'{[2026-01-01,2026-01-03)}'",
    "daterange": "'[2026-01-01,)'",
    "double precision": "'NaN'",
    "inet": "'::1/64'",
    "int2vector": "'1 2 3'",
    "int4multirange": "'{[1,3),[5,)}'",
    "int4range": "'[,7)'",
    "int8multirange": "'{[1,9223372036854775807)}'",
    "int8range": "'empty'",
    "integer": "-2147483648",
    "interval": "'-178000000 years 3 mons -7 days +04:05:06.789'",
    "json": """'{"a":  1, "a": 2}'""",
    "jsonb": """'{"b": [null, 1.50, "\\u00fc"], "": {}}'""",
    "jsonpath": "'$.a[*] ? (@ > 1)'",
    "line": "'{1,-1,0.3}'",
    "lseg": "'[(1,2),(3,4)]'",
    "macaddr": "'08:00:2b:01:02:03'",
    "macaddr8": "'08:00:2b:01:02:03:04:05'",
    "money": "'-92233720368547758.08'",
    "name": "'a name'",
    "numeric": "'-Infinity'",
    "numeric(30,15)": "123456789012345.123456789012345",
    "nummultirange": "'{(0.1,0.2]}'",
    "numrange": "'[-1e400,1e-400]'",
    "oid": "4294967295",
    "oidvector": "'1 4294967295'",
    "path": "'((1,2),(3,4),(5,6))'",
    "pg_lsn": "'16/B374D848'",
    "pg_snapshot": "'10:20:10,14,15'",
    "point": "'(1e-300,-0)'",
    "polygon": "'((1,2),(3,4),(5,6))'",
    "real": "'-infinity'",
    "refcursor": "'a cursor'",
    "regclass": "'pg_class'",
    "regcollation": "'\"C\"'",
    "regconfig": "'english'",
    "regdictionary": "'simple'",
    "regnamespace": "'pg_catalog'",
    "regoper": "'pg_catalog.||/'",
    "regoperator": "'+(integer,integer)'",
    "regproc": "'now'",
    "regprocedure": "'abs(integer)'",
    "regrole": "'postgres'",
    "regtype": "'integer[]'",
    "smallint": "32767",
    "text": WORDS,
    "tid": "'(42,7)'",
    "time": "'24:00:00'",
    "time with time zone": "'23:59:59.999999-15:59'",
    "timestamp": "'4713-01-01 00:00:00 BC'",
    "timestamp with time zone": "'-infinity'",
    "tsmultirange": "'{[2026-01-01,2026-01-02)}'",
    "tsquery": "'fat & (rat | cat:*AB)'",
    "tsrange": "'[2026-01-01 00:00:00,infinity)'",
    "tstzmultirange": "'{}'",
    "tstzrange": "'(,2026-01-01 00:00:00+00]'",
    "tsvector": "'a:1A fat:2B,4C ''quo''''ted'':5'",
    "txid_snapshot": "'10:20:10,14,15'",
    "uuid": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "xid": "'4294967295'",
    "xid8": "'18446744073709551615'",
    "xml": "'<a b=\"1\">&lt;ü<!-- no --></a> text'",
    "mood": "'it''s \"odd\"'",
    "pair": "ROW(1, NULL)",
    "moody": "ROW(ROW(2, 'x,\"y\"(')::pair, 'angry', ARRAY['calm', NULL]::mood[])",
    "small": "9",
    "moods": "ARRAY['calm', 'angry']",
    "smalls": "'[1.5,2.5)'",
    "many_smalls": "'{[1,2),(3,4]}'",
    "text[]": "ARRAY['NULL', NULL, '', 'a\"b', '{}', E'\\\\']",
    "text[][]": "'[0:1][-1:0]={{a,b},{c,NULL}}'",
    "mood[]": "ARRAY['calm', NULL]",
    "pair[]": "ARRAY[ROW(1, 'a')::pair, NULL]",
    "smalls[]": "ARRAY['[1,2)', 'empty']",
    "int4range[]": "ARRAY['[1,2)', NULL]",
    "bytea[]": "ARRAY['\\x00', '\\x5c']",
}
# Of what is left out of VALUES no table can have a column.
KNOWN = """
    SELECT format_type(oid, NULL) AS name FROM pg_type
    WHERE oid < 16384 AND typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typelem = 0
"""
NO_COLUMN = {
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
}
# What a type is called where its name alone means another one.
SPOKEN = {"time": "time without time zone", "timestamp": "timestamp without time zone"}


def table(name: str) -> str:
    """SQL that makes a table with a column of each, and a row with a value of each, and one with none."""
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(VALUES))
    values = ", ".join(f"({value})::{kind}" for kind, value in VALUES.items())
    return f"""
        CREATE TABLE {name} (id integer PRIMARY KEY, {columns});
        INSERT INTO {name} VALUES (1, {values});
        INSERT INTO {name} (id) VALUES (2);
    """
