"""The documents say what is so: every field is described, commands parse, links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from snellen.cli.main import VERBS, Parser
from snellen.reports.curves import ERROR_COLUMNS
from snellen.store.journal import Journal
from snellen.store.manifest import Manifest
from snellen.store.plan import Plan
from snellen.store.trials import COLUMNS, OUTCOMES
from snellen.tasks.lenses import TERMS, inside
from snellen.tasks.modes import MODES
from snellen.tasks.registry import TASKS

ACCURACY = ("accuracy", "accuracy_low", "accuracy_high", "accuracy_truncated_wrong",
            "accuracy_truncated_excluded", "answered", "n", "error_n")  # fmt: skip


def undocumented(path: Path, names: Iterable[str]) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [name for name in names if f"`{name}`" not in text]


def test_every_column_and_field_of_a_run_is_described(root: Path, tmp_path: Path) -> None:
    with Journal(tmp_path / "journal"):
        pass
    db = sqlite3.connect(tmp_path / "journal")
    tables = ("answers", "failures")
    columns = [row[1] for t in tables for row in db.execute(f"PRAGMA table_info({t})")]
    db.close()
    ends = tuple(f"{name}{end}" for name in ("mean", "median", "p90") for end in ("_low", "_high"))
    errors = [name for name in ERROR_COLUMNS if not name.endswith(ends)]
    names = [*COLUMNS, *OUTCOMES, *ACCURACY, *errors, *columns, "quantity", "frequency"]
    names += [*Manifest.model_fields, *Plan.model_fields]
    assert undocumented(root / "docs/run-directory.md", names) == []


def test_every_outcome_is_described(root: Path) -> None:
    assert undocumented(root / "docs/scoring.md", OUTCOMES) == []


def test_every_task_of_the_paper_is_listed(root: Path) -> None:
    text = (root / "docs/paper.md").read_text(encoding="utf-8")
    text = re.sub(r"`(\w+)_01`, `…_10`", r"`\1_01`, `\1_10`", text)
    text = re.sub(r"`(\w+)_type1`, `…_type2`", r"`\1_type1`, `\1_type2`", text)
    paper = [name for name, task in TASKS.items() if task.family == "paper"]
    assert [name for name in paper if f"`{name}`" not in text] == []


def test_every_lens_and_mode_is_named_for_lm_eval(root: Path) -> None:
    of_the_prompt = [
        name for name in TERMS if name != "effort" and name not in {t.name for t in inside.TERMS}
    ]
    assert undocumented(root / "docs/lm-eval.md", of_the_prompt) == []
    text = (root / "docs/lm-eval.md").read_text(encoding="utf-8")
    assert all(f"`snellen_<task>_{mode}`" in text for mode in MODES if mode != "direct")


def documents(root: Path, tracked: list[Path]) -> dict[str, str]:
    return {
        str(path): (root / path).read_text(encoding="utf-8")
        for path in tracked
        if path.suffix == ".md"
    }


def commands(text: str) -> list[list[str]]:
    """Our commands in the code blocks of a document, as words."""
    blocks = re.findall(r"^```(?:bash|console|sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines if line.startswith("snellen ")]
    return [line for line in words if "…" not in line]


def test_commands_in_the_documents_parse(
    root: Path, tracked: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = 0
    for name, text in documents(root, tracked).items():
        for _, verb, *words in commands(text):
            module = importlib.import_module(f"snellen.cli.{verb.replace('-', '_')}")
            assert verb in VERBS
            if hasattr(module, "forward"):  # lm-eval's own words
                continue
            parser = Parser(prog=verb)
            module.add_arguments(parser)
            try:
                parser.parse_args(words)
            except SystemExit:
                pytest.fail(f"{name}: {verb} {words}: {capsys.readouterr().err}")
            seen += 1
    assert seen > 5


def test_a_command_that_does_not_parse_is_found() -> None:
    assert commands("```\nsnellen run --fly \\\n  --model x  # fast\n```") == [
        ["snellen", "run", "--fly", "--model", "x"]
    ]


def test_links_lead_somewhere(root: Path, tracked: list[Path]) -> None:
    broken = [
        f"{name}: {link}"
        for name, text in documents(root, tracked).items()
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
        if not (root / Path(name).parent / link).exists()
    ]
    assert broken == []


def out_of_date(root: Path, document: str) -> bool:
    command = [sys.executable, "-m", "cogapp", "--check", document]
    return bool(subprocess.run(command, cwd=root, capture_output=True, check=False).returncode)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse words its help by version")
def test_the_reference_of_the_command_line_is_up_to_date(root: Path) -> None:
    assert not out_of_date(root, "docs/cli.md"), "run: cog -r docs/cli.md"


def test_the_tables_of_the_readme_come_from_the_reference_runs(root: Path) -> None:
    assert not out_of_date(root, "README.md"), "run: cog -r README.md"
