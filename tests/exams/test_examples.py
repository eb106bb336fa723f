"""The examples run, and so does every block of Python in the documents."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
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


@pytest.fixture
def example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs one as a script, in this process (importing takes longest); gives what it printed."""

    def go(name: str, *words: object) -> str:
        path = str(ROOT / "examples" / name)
        monkeypatch.setattr(sys, "argv", [path, *map(str, words)])
        code: object = None
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as leaving:
            code = leaving.code
        assert not code
        return capsys.readouterr().out

    return go


def test_the_first_chart(example: Callable[..., str], tiny: Path) -> None:
    said = example("first_chart.py", f"hf/{tiny}")
    assert "copy_last: L50" in said
    (page,) = Path("results").rglob("report.html")
    assert f"report: {page}" in said


def test_a_model_sees_as_far_as_it_did(example: Callable[..., str], run: snellen.Run) -> None:
    said = example("compare_in_ci.py", run.path)
    assert said.count("count_ones") == 2
    assert "WORSE" not in said


def test_the_notebook_reads_a_run_of_ones_own(
    example: Callable[..., str], run: snellen.Run
) -> None:
    said = example("notebook.py", run.path)
    assert said.count("count_ones: ") == 1
    assert "the truth is" in said


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
