"""A wrong fleet file is answered by a sentence per defect: the place, the value and what is allowed."""

from pathlib import Path

import pytest

from novaops.inventory.problems import FleetFileProblem
from novaops.inventory.reading import parse, password_of
from tests.inventory.fleet_files import TEXT, fleet_file


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(FleetFileProblem) as problem:
        parse(text)
    return problem.value.sentences


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('postgres: "127.0.0.1:1"', "postgres: here", "shards[0].members[0].postgres: 'here' is not host:port"),
        (
            'postgres: "127.0.0.1:1"',
            "postgres: /run/postgresql:5432",
            "shards[0].members[0].postgres: '/run/postgresql:5432' is a unix socket, which other machines cannot reach:"
            " give host:port",
        ),
        ('postgres: "127.0.0.1:1"', 'postgres: "h:70000"', "shards[0].members[0].postgres: 'h:70000' is not host:port"),
        (
            'patroni: "http://127.0.0.1:1"}',
            "patroni: patroni-1}",
            "shards[0].members[0].patroni: 'patroni-1' is not an address such as http://host:8008",
        ),
        (
            'patroni: "http://127.0.0.1:1"}',
            'patroni: "http://me:hunter2@h:1"}',
            "shards[0].members[0].patroni: a user name and a password belong under credentials, not into an address",
        ),
        (
            "weight: 100",
            "weight: lot",
            "shards[0].weight: 'lot' is not allowed: input should be a valid integer, "
            "unable to parse string as an integer",
        ),
        (
            "weight: 100",
            "colour: red",
            "shards[0].colour: there is no such field; "
            "allowed: name, cluster, weight, database, credentials, address, members, pools",
        ),
        ("    database: novacron\n", "", "shards[0].database: is missing"),
        (
            "name: alpha-member-b",
            "name: alpha-member-a",
            "shards[0].members[1].name: 'alpha-member-a' is already the name of shards[0].members[0]",
        ),
        (
            "fleet: alpha",
            "fleet: Alpha!",
            "fleet: 'Alpha!' is not allowed: lower-case letters, digits and dashes, at most 40, a letter first",
        ),
        (
            'alpha-redis, address: "127.0.0.1:1"',
            'alpha-redis, address: "127.0.0.1:1", credential: vault',
            "redis[0].credential: 'vault' is not under credentials "
            "(there: application, patroni, pgbouncer, postgres, redis)",
        ),
    ],
)  # fmt: skip
def test_a_defect_is_one_sentence(right: str, wrong: str, sentence: str) -> None:
    assert right in TEXT
    assert _problems(TEXT.replace(right, wrong, 1)) == (sentence,)


def test_all_defects_are_said_at_once() -> None:
    assert len(_problems("fleet: X\nname: y\nshards: [{name: a}]\nredis: [{}]\n")) == 6


@pytest.mark.parametrize(
    "wrong", ["hunter2", "[hunter2]", "{username: [hunter2]}", "{username: a, password: [hunter2]}"]
)
def test_nothing_below_credentials_is_quoted(wrong: str) -> None:
    sentences = _problems(f"fleet: a\nname: a\ncredentials: {{postgres: {wrong}}}\n")
    assert sentences and "hunter2" not in " ".join(sentences)


@pytest.mark.parametrize("text", ["[1", "hello", "", "- a"])
def test_what_is_no_fleet_file_at_all_is_said(text: str) -> None:
    assert len(_problems(text)) == 1


def test_passwords_may_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "fleet: a\nname: a\ncredentials:\n  one: {password: {file: one.txt}}\n  two: {password: {env: TWO}}\n"
    entries = parse(text).credentials
    with pytest.raises(FleetFileProblem, match=r"credentials.one.password: .*one.txt cannot be read"):
        password_of("one", entries["one"], tmp_path)
    with pytest.raises(FleetFileProblem, match=r"credentials.two.password: the environment variable TWO is not set"):
        password_of("two", entries["two"], tmp_path)
    (tmp_path / "one.txt").write_text("first\n")
    monkeypatch.setenv("TWO", "second")
    assert [password_of(name, entry, tmp_path) for name, entry in entries.items()] == ["first", "second"]


def test_passwords_are_not_in_the_files_repr() -> None:
    assert "s3cret" not in repr(fleet_file())
