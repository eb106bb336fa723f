"""The house rules: imports run downwards, files stay small, what is public is described."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS = {
    "errors": -1, "__init__": 0, "support": 0,
    "tasks": 1, "stats": 1,
    "store": 2,
    "runners": 3, "probes": 3, "reports": 3,
    "harness": 4,
    "exams": 5,
    "cli": 6,
    "__main__": 7,
}  # fmt: skip
LONGEST = 300


def imported(module: Path, tree: ast.Module) -> Iterator[str]:
    """The top-level names inside the package that a module imports.

    Dotted from the root of the package: ``from ..store.journal import Journal`` gives ``store``.
    """
    package = ["snellen", *module.parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            whole = [*base, *(node.module or "").split(".")]
            inside = [part for part in whole if part][1:]
            yield from [inside[0]] if inside else [alias.name for alias in node.names]


OF_THE_ROOT = {"__version__"}
"""What the package's own __init__ defines; it lies at the bottom."""


def violations(module: Path, tree: ast.Module) -> list[str]:
    """Imports that run upwards or sideways, and names that stand nowhere in the drawing."""
    own = module.parts[0] if len(module.parts) > 1 else module.stem
    if own == "__init__":  # shows what the floors hold, and is imported for the version only
        return [name for name in imported(module, tree) if name not in FLOORS]
    others = [name for name in imported(module, tree) if name not in (own, *OF_THE_ROOT)]
    return [name for name in others if name not in FLOORS or FLOORS[name] >= FLOORS[own]]


def test_imports_run_downwards_and_never_sideways(modules: dict[Path, ast.Module]) -> None:
    assert len(modules) > 50
    found = {str(path): bad for path, tree in modules.items() if (bad := violations(path, tree))}
    assert not found


@pytest.mark.parametrize(
    ("module", "source", "bad"),
    [
        ("store/journal.py", "from ..reports.page import page", ["reports"]),
        ("reports/run/page.py", "from ...runners import cached", ["runners"]),
        ("tasks/draw.py", "def f():\n    from ..stats.tally import x", ["stats"]),
        ("runners/local/runner.py", "from ... import cli", ["cli"]),
        ("cli/run.py", "from ..runners.protocol import Runner\nfrom .. import __version__", []),
        ("store/plan.py", "from ..nowhere import thing", ["nowhere"]),
        ("errors.py", "from .tasks import draw", ["tasks"]),
        ("store/plan.py", "from .journal import digest\nfrom ..errors import InputError", []),
    ],
)
def test_the_rule_sees_what_it_should(module: str, source: str, bad: list[str]) -> None:
    assert violations(Path(module), ast.parse(source)) == bad


def names_imported(node: ast.AST) -> list[str]:
    """What an import statement names without a leading dot."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return []


def test_imports_inside_the_package_are_relative(modules: dict[Path, ast.Module]) -> None:
    absolute = [
        f"{path}: {name}"
        for path, tree in modules.items()
        for node in ast.walk(tree)
        for name in names_imported(node)
        if name.split(".")[0] == "snellen"
    ]
    assert not absolute


def test_every_folder_of_code_has_its_floor(modules: dict[Path, ast.Module]) -> None:
    folders = {path.parts[0] if len(path.parts) > 1 else path.stem for path in modules}
    assert folders == set(FLOORS)


def test_files_fit_on_a_few_screens(root: Path, modules: dict[Path, ast.Module]) -> None:
    lines = {str(path): len((root / path).read_text().splitlines()) for path in modules}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def test_what_is_public_is_described(modules: dict[Path, ast.Module]) -> None:
    silent = [str(path) for path, tree in modules.items() if not ast.get_docstring(tree)]
    silent += [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules.items()
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert not silent


def test_library_code_does_not_print(modules: dict[Path, ast.Module]) -> None:
    printing = [
        f"{path}:{node.lineno}"
        for path, tree in modules.items()
        if path.parts[0] != "cli"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert not printing
