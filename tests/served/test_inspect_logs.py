"""Logs that inspect_ai itself has written, measured by `snellen acuity --from`."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import pytest

from .servers import python_of

pytestmark = pytest.mark.served

WRITE = """
import sys
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import match

@modelapi(name="fixed")
class Fixed(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        return ModelOutput.from_content(self.model_name, "the same answer")

LENGTHS = (1000, 2000, 4000, 8000)
samples = [
    # The model always says the same, so a target makes a sample right or wrong.
    Sample(
        input=f"question {i}",
        target="the same answer" if n < 4000 or i % 4 == 0 else "no",
        id=f"{i}-{n}",
        metadata={"length": n, "document": i},
    )
    for n in LENGTHS
    for i in range(20)
]
(log,) = eval(
    Task(dataset=samples, scorer=match(location="any"), name="needles"),
    model="fixed/model", log_dir=sys.argv[1], log_format=sys.argv[2], display="none",
)
assert log.status == "success", log.error
"""


@pytest.mark.parametrize("form", ["eval", "json"])
def test_a_log_is_read_through_inspects_own_reader(form: str, tmp_path: Path) -> None:
    python = python_of("inspect")
    written = subprocess.run(
        [python, "-c", WRITE, tmp_path / "logs", form], capture_output=True, text=True, check=False
    )
    assert written.returncode == 0, written.stderr[-2000:]
    (log,) = (tmp_path / "logs").glob(f"*.{form}")
    words = ["acuity", "--from", str(log), "--item", "document", "--out", str(tmp_path / "results")]
    done = subprocess.run(
        [python, "-m", "snellen", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = (tmp_path / "results" / "from").glob("*/curves.csv")
    with path.open(newline="") as table:
        right = {int(row["length"]): int(row["correct"]) for row in csv.DictReader(table)}
    assert right == {1000: 20, 2000: 20, 4000: 5, 8000: 5}
