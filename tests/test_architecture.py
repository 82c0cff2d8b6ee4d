"""Imports run one way: each room names the rooms that it may know, and nothing is imported inside a function."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOUNDATION = {"novaops.environment"}
HOUSE = FOUNDATION | {"novaops.fleets", "novaops.inventory", "novaops.live", "novaops.ui"}
ACT = HOUSE | {"novaops.audit", "novaops.operations"}
MAY_KNOW: dict[str, set[str]] = {
    "novaops.environment": set(),
    "novaops.ui": FOUNDATION,
    "novaops.fleets": FOUNDATION | {"novaops.ui"},
    "novaops.live": FOUNDATION | {"novaops.fleets"},
    "novaops.leased": FOUNDATION | {"novaops.fleets"},
    "novaops.inventory": HOUSE,
    "novaops.audit": HOUSE,
    "novaops.operations": HOUSE | {"novaops.audit"},
    "novaops.hooks": ACT,
    "metrics": ACT | {"novaops.hooks", "novaops.leased"},
    "shards": ACT | {"metrics", "novaops.leased"},
    "caching": ACT | {"metrics", "novaops.leased", "shards"},
    "novaops.cli": set(),
    "novaops.sandbox": set(),
}
ROOMS = sorted(MAY_KNOW, key=len, reverse=True)
COMPOSITION = {
    "novaops.settings",
    "novaops.urls",
    "novaops.asgi",
    "novaops.celery",
    "novaops.celery_settings",
    "novaops.api",
}


def room_of(module: str) -> str | None:
    """The room that a dotted module lies in; None for libraries and the composition root."""
    return next((room for room in ROOMS if module == room or module.startswith(f"{room}.")), None)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for top in ("novaops", "metrics", "shards", "caching"):
        for path in sorted((ROOT / top).rglob("*.py")):
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield dotted, ast.parse(path.read_text(), str(path))


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


MODULES = dict(modules())


@pytest.mark.parametrize("room", sorted(MAY_KNOW))
def test_a_room_knows_only_the_rooms_below_it(room: str) -> None:
    wrong = [
        f"{module}:{line} imports {name}"
        for module, tree in MODULES.items()
        if room_of(module) == room
        for name, line in imported(tree)
        if (other := room_of(name)) is not None and other != room and other not in MAY_KNOW[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_imports_the_composition_root() -> None:
    wrong = [
        f"{module}:{line} imports {name}"
        for module, tree in MODULES.items()
        if room_of(module) is not None
        for name, line in imported(tree)
        if any(name == root or name.startswith(f"{root}.") for root in COMPOSITION)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_sandbox_is_unknown_to_the_console() -> None:
    wrong = [
        f"{module}:{line}"
        for module, tree in MODULES.items()
        if room_of(module) != "novaops.sandbox"
        for name, line in imported(tree)
        if room_of(name) == "novaops.sandbox"
    ]
    assert not wrong, "Nothing in the console may assume the sandbox:\n" + "\n".join(wrong)


def test_the_command_line_needs_no_django() -> None:
    known = sys.stdlib_module_names | {"requests", "rich", "typer", "novaops"}
    strange = {
        f"{module} imports {name}"
        for module, tree in MODULES.items()
        if room_of(module) == "novaops.cli"
        for name, _ in imported(tree)
        if name.partition(".")[0] not in known
    }
    assert not strange, "\n".join(strange)


def needed_by(*modules: str) -> set[str]:
    """Names that they import, and that what they import of this project imports."""
    found: set[str] = set()
    left = list(modules)
    while left:
        for name, _ in imported(MODULES[left.pop()]):
            if name not in found:
                found.add(name)
                left += [module for module in (name, name.rpartition(".")[0]) if module in MODULES]
    return found


def test_applications_reach_their_tenants_without_the_console() -> None:
    known = sys.stdlib_module_names | {"psycopg", "psycopg_pool"}
    strange = {
        name
        for name in needed_by("shards.placement.router", "shards.placement.async_router")
        if name.partition(".")[0] not in known and not name.startswith("shards.placement")
    }
    assert not strange, f"An application would have to install this: {sorted(strange)}"


def test_no_import_hides_inside_a_function() -> None:
    hidden = [
        f"{module}:{inner.lineno}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "ready"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not hidden, "\n".join(hidden)
