"""Folders beside the package are no part of it, though an editable install can import them.

The root of the repository is the package, so from an editable install `snellen` finds every folder
of the root as a submodule. A wheel holds none of them (test_packaging.py); what used one would
work here and break for everybody else.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from .conftest import PACKAGES


def folders(tracked: list[Path]) -> set[str]:
    """Folders of the root that hold no part of the package."""
    return {path.parts[0] for path in tracked if len(path.parts) > 1} - set(PACKAGES)


def uses(source: str, names: set[str]) -> list[str]:
    """Submodules of the package that a source names, in imports or in texts, among ``names``."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            said = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            said = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = re.findall(r"\bsnellen\.\w+", node.value)
        else:
            continue
        parts = [name.split(".") for name in said]
        found += [part[1] for part in parts if part[0] == "snellen" and part[1:2]]
    return [name for name in found if name in names]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import snellen.{0}.wire", ["{0}"]),
        ("from snellen import {0}", ["{0}"]),
        ("from snellen.{0}.wire import Wire", ["{0}"]),
        ("import_module('snellen.{0}')", ["{0}"]),
        ("from snellen.tasks import draw\nfrom {0} import wire", []),
    ],
)
def test_the_rule_sees_what_it_should(source: str, found: list[str]) -> None:
    name = "benchmarks"
    assert uses(source.format(name), {name}) == [word.format(name) for word in found]


def test_nothing_uses_a_folder_beside_the_package(root: Path, tracked: list[Path]) -> None:
    beside = folders(tracked)
    assert {"tests", "benchmarks", "docs", "examples", "scripts"} <= beside
    found = {
        str(path): named
        for path in tracked
        if path.suffix == ".py"
        if (named := uses((root / path).read_text(encoding="utf-8"), beside))
    }
    assert not found


def test_no_folder_beside_the_package_is_installed(root: Path, tracked: list[Path]) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["setuptools"]["packages"]
    rooms = {name.split(".")[1] for name in packages if "." in name}
    assert rooms == set(PACKAGES)
    assert not rooms & folders(tracked)


def test_editors_and_mypy_look_in_the_same_places(root: Path) -> None:
    tool = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    mypy = [place.removeprefix("$MYPY_CONFIG_FILE_DIR/") for place in tool["mypy"]["mypy_path"]]
    assert tool["pyright"]["extraPaths"] == mypy
    assert [place for place in mypy[1:] if not (root / place).is_dir()] == []
