"""The source tree, for tests about its structure."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "support", "tasks", "stats", "store", "runners", "probes", "reports", "harness", "exams", "cli",
)  # fmt: skip


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Files under version control, relative to the root, that are in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file()]


@pytest.fixture(scope="session")
def modules(tracked: list[Path]) -> dict[Path, ast.Module]:
    """The package's own modules, parsed."""
    ours = [
        path
        for path in tracked
        if path.suffix == ".py" and (len(path.parts) == 1 or path.parts[0] in PACKAGES)
    ]
    return {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in ours}
