"""Reading a fleet file: YAML to typed values, with a sentence for everything that is wrong, and its passwords."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from novaops.inventory.fleet_file import CredentialEntry, FleetFile, Redis, Secret
from novaops.inventory.problems import FleetFileProblem
from novaops.inventory.rows import tls_files
from novaops.inventory.tls_problems import file_problem


def read(path: Path) -> FleetFile:
    """The file's content, with whole paths; FleetFileProblem says all that is wrong with it."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise FleetFileProblem([f"{path} cannot be read: {error}."]) from error
    return with_whole_paths(parse(text), path.resolve().parent)


def parse(text: str) -> FleetFile:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FleetFileProblem([f"This is not YAML: {' '.join(str(error).split())}."]) from error
    try:
        return FleetFile.model_validate(data)
    except ValidationError as error:
        raise FleetFileProblem(dict.fromkeys(_sentences(error.errors()))) from None


def with_whole_paths(file: FleetFile, folder: Path) -> FleetFile:
    """The files of TLS by paths that hold wherever the console is started, each looked into once."""
    entries = tuple(_whole_paths(entry, folder) for entry in file.redis)
    found = {one: problem for one in map(tls_files, entries) if one and (problem := file_problem(one))}
    problems = [f"redis[{at}]: {found[one]}" for at, one in enumerate(map(tls_files, entries)) if one in found]
    if problems:
        raise FleetFileProblem(problems)
    return file.model_copy(update={"redis": entries})


def _whole_paths(entry: Redis, folder: Path) -> Redis:
    given = {name: getattr(entry, name) for name in ("ca_file", "cert_file", "key_file")}
    return entry.model_copy(update={name: str(folder / path) for name, path in given.items() if path})


def password_of(name: str, entry: CredentialEntry, folder: Path) -> str:
    """The password's text. Files are relative to the fleet file; their first line is the password."""
    if not isinstance(entry.password, Secret):
        return entry.password
    where = f"credentials.{name}.password"
    if entry.password.env:
        if entry.password.env not in os.environ:
            raise FleetFileProblem([f"{where}: the environment variable {entry.password.env} is not set"])
        return os.environ[entry.password.env]
    path = folder / entry.password.file
    try:
        return path.read_text().splitlines()[0]
    except OSError as error:
        raise FleetFileProblem([f"{where}: {path} cannot be read ({error.strerror})"]) from error
    except IndexError:
        raise FleetFileProblem([f"{where}: {path} is empty"]) from None


def _sentences(errors: Iterable[ErrorDetails]) -> Iterator[str]:
    """One per defect: an entry that holds a defect is not said to be too short as well."""
    for error in errors:
        if error["type"] != "too_short" or not error["input"]:
            yield from _sentence(error).splitlines()


def _sentence(error: ErrorDetails) -> str:
    """`shards[1].members[0].postgres: '127.0.0.1' is not host:port`. Nothing below `credentials` is ever quoted."""
    place, loc = _place(error["loc"]), error["loc"]
    if "password" in loc:
        return f"{_place(loc[: loc.index('password') + 1])}: must be text, {{env: VARIABLE}} or {{file: PATH}}"
    if error["type"] == "missing":
        return f"{place}: is missing"
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such field; allowed: {', '.join(_fields_at(loc[:-1]))}"
    if error["type"] == "too_short":
        return f"{place}: must name at least one"
    if error["type"] == "value_error":
        return f"{place}: {_reason(error)}".removeprefix(": ")
    if error["type"] in {"model_type", "dict_type"}:
        return f"{place or 'the file'}: must hold fields: {', '.join(_fields_at(loc)) or 'name: value'}"
    if loc[:1] == ("credentials",):
        return f"{place}: {_reason(error)}"
    shown = repr(error["input"])
    return f"{place}: {shown if len(shown) <= 60 else shown[:57] + '...'} is not allowed: {_reason(error)}"


def _reason(error: ErrorDetails) -> str:
    text = error["msg"].removeprefix("Value error, ")
    return text if error["type"] == "value_error" else text[:1].lower() + text[1:]


def _place(loc: tuple[int | str, ...]) -> str:
    """("shards", 1, "name") as shards[1].name."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    """The fields of the entry at that place."""
    model: Any = FleetFile
    for part in loc:
        fields = getattr(model, "model_fields", {})
        if part in fields:
            model = next(_models_in(fields[str(part)].annotation), None)
    return list(getattr(model, "model_fields", {}))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
