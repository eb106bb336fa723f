"""The examples run, and so does every block of Python in the documents."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import snellen

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"(<!-- example -->\n)?^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(document: Path) -> list[str]:
    """The blocks of Python in a document; those marked as an example have a test of their own."""
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [code for marked, code in found if not marked]


def example(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_chart(tiny: Path) -> None:
    done = example("first_chart.py", f"hf/{tiny}")
    assert done.returncode == 0, done.stderr
    assert "copy_last: L50" in done.stdout
    (page,) = Path("results").rglob("report.html")
    assert f"report: {page}" in done.stdout


def test_a_model_sees_as_far_as_it_did(run: snellen.Run) -> None:
    done = example("compare_in_ci.py", run.path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("count_ones") == 2
    assert "WORSE" not in done.stdout


def test_the_notebook_reads_a_run_of_ones_own(run: snellen.Run) -> None:
    done = example("notebook.py", run.path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("count_ones: ") == 1
    assert "the truth is" in done.stdout


def test_the_committed_notebook_is_that_script_and_runs() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_notebook.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WITH_CODE = [document for document in DOCUMENTS if blocks(document)]


@pytest.mark.parametrize("document", WITH_CODE, ids=lambda path: path.name)
def test_the_code_in_the_documents_runs(document: Path, run: snellen.Run, tiny: Path) -> None:
    """In order, in one namespace, beside the files of a run; on the tiny model."""
    for name in ("trials.csv", "trials.parquet", "curves.csv", "acuity.csv", "manifest.json"):
        if (run.path / name).is_file():
            shutil.copy(run.path / name, name)
    space: dict[str, object] = {}
    for code in blocks(document):
        exec(compile(code.replace('"bundled"', repr(f"hf/{tiny}")), str(document), "exec"), space)


def test_there_is_code_to_run() -> None:
    assert {document.name for document in WITH_CODE} >= {"python.md", "run-directory.md"}
