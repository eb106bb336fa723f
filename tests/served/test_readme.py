"""What the README says is done as it says, from a clone, with the real bundled model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.served
SCRIPT = Path(__file__).parents[2] / "scripts" / "follow_readme.py"


def test_the_readme_can_be_followed_block_by_block(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    for command in ("make run", "python ten_lines.py", "lm-eval run", "snellen report"):
        assert f"$ {command}" in done.stdout
