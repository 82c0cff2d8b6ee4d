"""The OpenAPI description, arranged for a page: groups of addresses with their parameters, bodies and answers. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

TITLES = {
    "act": "Operations",
    "observe": "The fleet",
    "change log": "Change log",
    "caller": "Who you are",
    "rules": "Rules",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter, or a field of a body."""

    name: str
    place: str
    shape: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Address:
    method: str
    path: str
    summary: str
    description: str
    anchor: str
    items: list[Item]
    answers: list[tuple[str, str]]
    problems: str
    example: str


@dataclass(slots=True)
class Section:
    title: str
    addresses: list[Address] = field(default_factory=list)


def sections(schema: Mapping[str, Any]) -> list[Section]:
    """In the order of the addresses; each group once."""
    found: dict[str, Section] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["caller"])[0]
            section = found.setdefault(tag, Section(TITLES.get(tag, tag.capitalize())))
            section.addresses.append(_address(schema, path, method, operation))
    return list(found.values())


def _address(schema: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Address:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    resolved = _resolved(schema, body) if body else None
    return Address(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=marked(operation.get("description", "")),
        anchor=operation["operationId"],
        items=[*_parameters(schema, operation), *(_fields(schema, resolved) if resolved else ())],
        answers=[(status, _answer(answer)) for status, answer in _sorted(operation) if not _is_problem(status)],
        problems=", ".join(status for status, _ in _sorted(operation) if _is_problem(status) and status != "default"),
        example=_example(path, method, resolved),
    )


def _parameters(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Item]:
    for one in operation.get("parameters", ()):
        shape = one.get("schema", {})
        said = one.get("description") or shape.get("description", "")
        yield Item(one["name"], one["in"], _shape(schema, shape), one.get("required", False), marked(said))


def _fields(schema: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Item]:
    required = body.get("required", ())
    for name, shape in body.get("properties", {}).items():
        yield Item(name, "body", _shape(schema, shape), name in required, marked(shape.get("description", "")))


def _resolved(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][reference] if reference else shape


def _shape(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    if "anyOf" in shape:
        return " or ".join(_shape(schema, one) for one in shape["anyOf"] if one.get("type") != "null")
    resolved = _resolved(schema, shape)
    if resolved.get("enum"):
        return " | ".join(map(str, resolved["enum"]))
    if resolved.get("type") == "array":
        return f"list of {_shape(schema, resolved.get('items', {}))}"
    return str(resolved.get("format") or resolved.get("title" if "$ref" in shape else "type", "any"))


def _sorted(operation: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted((str(status), answer) for status, answer in operation["responses"].items())


def _is_problem(status: str) -> bool:
    return not status.isdigit() or int(status) >= 400


def _answer(answer: Mapping[str, Any]) -> str:
    """The fields of what comes back, by the name of its schema."""
    for media, content in answer.get("content", {}).items():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return str(name or media)
    return str(answer.get("description", ""))


def marked(text: str) -> SafeString:
    """What stands between backticks is code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", one) if odd % 2 else one,) for odd, one in parts)
    )


def _example(path: str, method: str, body: Mapping[str, Any] | None) -> str:
    """As one would type it."""
    lines = [f'curl "$NOVAOPS_URL{path}"', '-H "Authorization: Bearer $NOVAOPS_TOKEN"']
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
        sent = {
            name: shape["examples"][0]
            for name, shape in (body or {}).get("properties", {}).items()
            if shape.get("examples")
        }
        if sent:
            lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(sent)}'"]
        else:
            lines.append("-X POST")
    return " \\\n  ".join(lines)
