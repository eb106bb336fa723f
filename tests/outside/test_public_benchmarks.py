"""Two public length benchmarks, RULER and BABILong, from lm-eval's run to the acuity."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from snellen.cli import main

from .benchmarks import BABI_LENGTHS, BABI_SAMPLES, RULER_LENGTHS, RULER_SAMPLES, seen

pytestmark = pytest.mark.served  # RULER alone makes five hundred documents a length


@pytest.fixture(scope="module")
def results(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lm-eval has written of both benchmarks, run by a process of its own."""
    out = tmp_path_factory.mktemp("benchmarks")
    script = Path(__file__).with_name("benchmarks.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tiny), str(out)],
        capture_output=True, text=True, check=False, cwd=out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "results"


def measured(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the report that `snellen acuity --from` makes of a file of samples."""
    monkeypatch.chdir(tmp_path)
    assert main(["acuity", "--from", str(samples)]) == 0
    return tmp_path / "results" / "from" / samples.parent.name


def curve(folder: Path) -> dict[int, tuple[int, int]]:
    import pandas as pd

    table = pd.read_csv(folder / "curves.csv")
    return {
        int(row["length"]): (int(row["correct"]), int(row["answered"]))
        for row in table.to_dict("records")
    }


@pytest.mark.parametrize("task", ["niah_single_1", "babilong_qa1_lengths"])
def test_a_near_sighted_model_sees_as_far_as_it_does(
    results: Path, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    (samples,) = results.glob(f"near-sighted/samples_{task}_*.jsonl")
    folder = measured(samples, tmp_path, monkeypatch)
    # What it must come to, from the documents themselves.
    own: dict[int, list[bool]] = {}
    for line in samples.read_text().split("\n")[:-1]:
        row = json.loads(line)
        doc = row["doc"]
        prompt = str(row["arguments"]["gen_args_0"]["arg_0"])
        truth = doc["outputs"][0] if "outputs" in doc else doc["target"]
        length = doc["max_length"] if "max_length" in doc else doc["length"]
        own.setdefault(int(length), []).append(truth in seen(prompt))
    assert curve(folder) == {n: (sum(right), len(right)) for n, right in own.items()}
    asked = (
        dict.fromkeys(RULER_LENGTHS, RULER_SAMPLES)
        if task == "niah_single_1"
        else {1000 * int(name[:-1]): BABI_SAMPLES for name in BABI_LENGTHS}
    )
    assert {n: len(right) for n, right in own.items()} == asked
    # Half of the needles are seen between the last length with more and the first with fewer.
    share = {n: sum(right) / len(right) for n, right in sorted(own.items())}
    assert list(share.values()) == sorted(share.values(), reverse=True)
    more = max(n for n in share if share[n] >= 0.5)
    fewer = min(n for n in share if share[n] < 0.5)
    acuity = pd.read_csv(folder / "acuity.csv").iloc[0]
    assert 0.9 * more < acuity["L50"] < 1.1 * fewer
    assert acuity["L50_low"] < acuity["L50"] < acuity["L50_high"]
    assert (folder / "report.html").is_file()


def test_a_real_model_that_is_blind_gets_the_reason(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    (samples,) = results.glob("hf/samples_niah_single_1_*.jsonl")
    folder = measured(samples, tmp_path, monkeypatch)
    assert curve(folder) == {RULER_LENGTHS[0]: (0, 3)}
    acuity = pd.read_csv(folder / "acuity.csv").iloc[0]
    assert pd.isna(acuity["L50"])
    assert isinstance(acuity["reason"], str)
