"""`manage.py person` says what is wrong and what is allowed, and may be repeated."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from novaops.fleets.models import Fleet, Person
from novaops.fleets.selectors import access
from tests.conftest import PASSWORD


def _run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_making_a_person_twice_is_the_same_as_once(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    words = (
        "person",
        "create",
        "ana",
        "--password-file",
        str(file),
        "--grant",
        "alpha:on-call",
        "--grant",
        "beta:viewer",
    )
    assert _run(*words) == "ana is made; 2 new role(s)."
    before = Person.objects.get(username="ana").password
    assert _run(*words) == "ana exists; 0 new role(s)."
    ana = Person.objects.get(username="ana")
    assert ana.password == before and ana.check_password(PASSWORD)
    assert not ana.is_superuser
    assert _run("person", "revoke", "ana", "beta:viewer") == "ana is no longer viewer of beta."
    assert access(ana, "beta") is None
    assert "ana\talpha:on-call" in _run("person", "list")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "bob"), "password: 'bob' is new and needs one"),
        (("create", "bob", "--grant", "alpha:boss"), "role: 'boss' is none. Allowed: viewer, operator, on-call"),
        (("create", "bob", "--grant", "alpha"), "grant: 'alpha' is not FLEET:ROLE"),
        (("create", "bob", "--grant", "gamma:viewer"), "There is no fleet 'gamma'. Fleets: alpha, beta."),
        (("create", "bob", "--password-env", "NO_SUCH_VARIABLE"), "variable NO_SUCH_VARIABLE is not set"),
        (("create", "bob", "--password-file", "/no/such/file"), "password-file: /no/such/file cannot be read"),
        (("grant", "bob", "alpha:viewer"), "username: there is no person 'bob'"),
    ],
)
def test_what_is_wrong_is_named(fleet: Fleet, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        _run("person", *words)
    assert not Person.objects.filter(username="bob").exists()


def test_a_weak_password_is_refused_without_being_shown(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEAK", "hunter2")
    with pytest.raises(CommandError, match="too short") as problem:
        _run("person", "create", "bob", "--password-env", "WEAK")
    assert "hunter2" not in str(problem.value)


def test_a_fleets_slug_has_a_shape(db: None) -> None:
    with pytest.raises(CommandError, match="'Not A Slug' cannot be a fleet's slug"):
        _run("fleet", "create", "Not A Slug")
    assert _run("fleet", "list") == "alpha\tAlpha fleet\nbeta\tBeta fleet"
