"""Hooks of mkdocs: lay the package out on its own, and show names in docstrings as plain code.

The repository root is the package (docs/design/mapped-package.md), so a reader of docstrings that
walks it would also walk environments and results. Links to the files and folders of code are
enough.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LAID_OUT = ROOT / "build" / "site-package" / "snellen"
ROLE = re.compile(r":\w+:<code>~?(?:[\w.]+\.)?(\w+)</code>")
"""A name in a docstring, as ``:class:`~snellen.store.plan.Plan```, once it is HTML."""


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


def on_page_content(html: str, **_: Any) -> str:
    """Show a name without its role and its path."""
    return ROLE.sub(r"<code>\1</code>", html)


def on_post_page(output: str, **_: Any) -> str:
    """Give the theme's search a name, and let the keyboard reach what scrolls sideways."""
    for plain, reachable in {
        'data-md-component="search" role="dialog"': (
            'data-md-component="search" role="dialog" aria-label="Search"'
        ),
        "<pre><span></span><code>": ('<pre class="sideways" tabindex="0"><span></span><code>'),
        "<table>": '<div class="sideways" tabindex="0"><table>',
        "</table>": "</table></div>",
    }.items():
        output = output.replace(plain, reachable)
    return output
