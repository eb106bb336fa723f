"""The documentation site builds without a warning: no dead link, no page left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import snellen
import yaml


def test_the_site_builds_without_warnings(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-d", str(tmp_path / "site")],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    reference = (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    assert 'id="snellen.exams.run.run"' in reference  # docstrings are found, not only named


def test_the_reference_holds_every_public_name(root: Path) -> None:
    shown = (root / "docs" / "reference.md").read_text(encoding="utf-8")
    homes = {name: f"::: snellen.{home}" for name, home in snellen._HOME.items()}
    missing = [
        name
        for name, home in homes.items()
        if f"{home}.{name}\n" not in shown and f"{home}\n" not in shown
    ]
    assert missing == []


def test_the_citation_names_this_version(root: Path) -> None:
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == snellen.__version__
