"""Make examples/notebook.ipynb from examples/notebook.py, and run it: `make notebook`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

EXAMPLES = Path(__file__).parents[1] / "examples"


def cells_of(source: str) -> list[tuple[str, str]]:
    """The cells of a script in the percent format: kind (``code``, ``markdown``) and text."""
    parts = re.split(r"^# %%( \[markdown\])?\n", source, flags=re.MULTILINE)[1:]
    cells = []
    for marked, text in zip(parts[::2], parts[1::2], strict=True):
        if marked:
            lines = [line.removeprefix("#").removeprefix(" ") for line in text.splitlines()]
            cells.append(("markdown", "\n".join(lines).strip()))
        else:
            cells.append(("code", text.strip()))
    return cells


def executed(source: str, folder: Path) -> nbformat.NotebookNode:
    """The notebook of a script, run in a folder."""
    make = {"markdown": new_markdown_cell, "code": new_code_cell}
    cells = [
        make[kind](text, id=f"cell-{place}") for place, (kind, text) in enumerate(cells_of(source))
    ]
    notebook = new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    for cell in notebook.cells:
        cell.metadata.clear()  # times of this machine
    return notebook


def main() -> None:
    """Write the notebook; with ``--check`` only run it, and say where the kept one differs."""
    made = executed((EXAMPLES / "notebook.py").read_text(encoding="utf-8"), EXAMPLES)
    path = EXAMPLES / "notebook.ipynb"
    if "--check" not in sys.argv:
        nbformat.write(made, path)
        return
    kept = nbformat.read(path, as_version=4)
    nbformat.validate(kept)
    if [cell.source for cell in kept.cells] != [cell.source for cell in made.cells]:
        sys.exit(f"{path} is not what notebook.py says: make notebook")
    for name, notebook in (("kept", kept), ("made", made)):
        shown = [out for cell in notebook.cells for out in cell.get("outputs", ())]
        kinds = {kind for out in shown for kind in out.get("data", {})}
        if not {"text/html", "image/png"} <= kinds:
            sys.exit(f"{path} ({name}) shows no run or no figure: {sorted(kinds)}")


if __name__ == "__main__":
    main()
