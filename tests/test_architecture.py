"""The walls of the house: which package may import which, and what core modules may not touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("collab", "sfu", "web")
MAY_IMPORT = {"collab": {"collab"}, "sfu": {"sfu"}, "web": {"web", "collab", "sfu"}}
# Pure modules: time, ids and bytes are arguments; no loop, socket, database, randomness or clock.
CORE = (
    "collab/awareness.py",
    "collab/chat.py",
    "collab/codec.py",
    "collab/colleagues.py",
    "collab/document.py",
    "collab/keystroke.py",
    "collab/lib0.py",
    "collab/outbox.py",
    "collab/outline.py",
    "collab/presence.py",
    "collab/schema.py",
    "collab/sync.py",
    "sfu/answer.py",
    "sfu/fragment.py",
    "sfu/ice.py",
    "sfu/placement.py",
    "sfu/roster.py",
    "sfu/router.py",
    "sfu/sdp.py",
    "sfu/voices.py",
    "web/room_assembly.py",
    "web/room_members.py",
    "web/room_state.py",
    "web/school/decide.py",
    "web/school/grants.py",
    "web/school/model.py",
)
FORBIDDEN_IN_CORE = {"asyncio", "socket", "redis", "sqlalchemy", "random", "time", "datetime", "secrets", "aiohttp"}


def sources(package: str) -> Iterator[Path]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if not {"client", "native", "static"} & set(path.relative_to(ROOT).parts):
            yield path


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    for path in sources(package):
        foreign = imported(path) & set(PACKAGES) - MAY_IMPORT[package]
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


@pytest.mark.parametrize("name", CORE)
def test_core_modules_are_pure(name: str) -> None:
    touched = imported(ROOT / name) & FORBIDDEN_IN_CORE
    assert not touched, f"{name} imports {touched}"


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sources(package)
        if not ast.get_docstring(ast.parse(path.read_text())) and "versions" not in path.parts
    ]
    assert not silent


def test_nothing_unpickles_or_evaluates() -> None:
    for package in PACKAGES:
        for path in sources(package):
            assert not imported(path) & {"pickle", "marshal", "shelve"}, path
            calls = [
                node.func.id
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            ]
            assert not {"eval", "exec"} & set(calls), path
