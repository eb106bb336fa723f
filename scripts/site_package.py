"""Hook of mkdocs: lay the package out on its own, for the repository root holds much else.

The root is the package (docs/design/mapped-package.md), so a reader of docstrings that walks it
would also walk environments and results. Links to the files and folders of code are enough.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LAID_OUT = ROOT / "build" / "site-package" / "snellen"


def on_startup(**_: Any) -> None:
    """Make ``build/site-package/snellen``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    rooms = {name.split(".")[1] for name in packages if "." in name}
    LAID_OUT.mkdir(parents=True, exist_ok=True)
    for name in [*rooms, *(path.name for path in ROOT.glob("*.py"))]:
        link = LAID_OUT / name
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / name)
