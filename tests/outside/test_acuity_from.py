"""Scores of other tools: read from each kind of file, measured, compared, widened where shared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import snellen
from snellen.cli import main
from snellen.stats.acuity import measure
from snellen.stats.clusters import design_effect

LENGTHS = (1024, 2048, 4096, 8192, 16384, 32768)


def scored(
    threshold: float = 8000, *, items: int = 40, shared: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """An observer whose sight fades at ``threshold`` tokens; each document at every length."""
    rng = np.random.default_rng(seed)
    luck = rng.normal(0, shared, items)
    n = np.repeat(LENGTHS, items)
    item = np.tile(np.arange(items), len(LENGTHS))
    logit = -2.0 * np.log2(n / threshold) + luck[item]
    right = rng.random(n.size) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame({"length": n, "correct": right.astype(int), "document": item})


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_table_is_measured_as_its_counts_are(kind: str) -> None:
    table = scored().drop(columns="document")  # every trial an item of its own
    path = Path(f"bench.{kind}")
    write: dict[str, Callable[[], object]] = {
        "csv": lambda: table.to_csv(path, index=False),
        "parquet": lambda: table.to_parquet(path),
        "jsonl": lambda: table.to_json(path, orient="records", lines=True),
    }
    write[kind]()
    found = snellen.acuity_from([path], "out")
    (report,) = found.reports.values()
    counts = table.groupby("length")["correct"].agg(["sum", "count"])
    own = measure(counts.index, counts["sum"], counts["count"])
    ((_, curve),) = report.acuities.items()
    assert found.effects == {}
    assert curve.l50.value == own.l50.value
    assert curve.l50.interval == own.l50.interval
    assert report.page.is_file()


def test_copies_of_a_trial_are_worth_one() -> None:
    table = scored(items=400)
    copies = pd.concat([table] * 4, ignore_index=True)
    own = copies["length"].astype(str) + "/" + copies["document"].astype(str)
    assert design_effect(copies["length"], copies["correct"], own) == pytest.approx(4, rel=0.02)
    assert design_effect(table["length"], table["correct"], range(len(table))) == 1.0


def test_the_effect_is_that_of_repeated_benchmarks() -> None:
    """Against the spread of L50 itself, over many benchmarks with documents that share luck."""

    def crossing(table: pd.DataFrame) -> float:
        share = table.groupby("length")["correct"].mean()
        return float(np.log2(LENGTHS[0]) + share.sum())  # area: linear in what each trial adds

    apart = [crossing(scored(items=60, shared=0.0, seed=s)) for s in range(300)]
    together = [scored(items=60, shared=2.0, seed=s) for s in range(300)]
    widened = np.var([crossing(table) for table in together])
    told = np.mean([design_effect(t["length"], t["correct"], t["document"]) for t in together[:60]])
    # Luck also makes each trial less certain, so the plain variance there is taken from shares.
    plain = np.mean(
        [sum(p * (1 - p) / 60 for p in t.groupby("length")["correct"].mean()) for t in together]
    )
    assert np.var(apart) < widened
    assert told == pytest.approx(widened / plain, rel=0.2)


def test_shared_documents_widen_the_interval_and_the_screen_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = scored(items=80, shared=3.0, seed=3)
    table.to_csv("bench.csv", index=False)
    table.drop(columns="document").to_csv("plain.csv", index=False)
    assert main(["acuity", "--from", "bench.csv", "--item", "document", "--out", "a"]) == 0
    assert "trials share items" in capsys.readouterr().out
    assert main(["acuity", "--from", "plain.csv", "--out", "a"]) == 0
    assert "share" not in capsys.readouterr().out
    octaves = []
    for name in ("bench", "plain"):
        curve = pd.read_csv(f"a/from/{name}/acuity.csv").iloc[0]
        octaves.append(np.log2(curve["L50_high"] / curve["L50_low"]))
    effect = design_effect(table["length"], table["correct"], table["document"])
    assert effect > 1.5
    assert octaves[0] / octaves[1] == pytest.approx(np.sqrt(effect), rel=0.15)


def test_two_models_are_compared_on_the_same_items(capsys: pytest.CaptureFixture[str]) -> None:
    both = [scored(t, items=60, seed=s).assign(model=m) for m, t, s in
            (("far", 20000, 1), ("near", 3000, 2))]  # fmt: skip
    pd.concat(both).to_csv("bench.csv", index=False)
    assert main(["acuity", "--from", "bench.csv", "--item", "document"]) == 0
    assert "bench, near against far: WORSE" in capsys.readouterr().out
    assert Path("results/from/far/report.html").is_file()
    assert Path("results/from/near/report.html").is_file()


def sample(n: int, score: float, doc_id: int) -> dict[str, object]:
    """As lm-eval's RULER writes it: a metric per length, -1 in all but the sample's own."""
    return {
        "doc_id": doc_id,
        "doc": {"index": doc_id, "input": "…", "length": n - 100, "max_length": n},
        "target": "42",
        "resps": [["It is 42."]],
        "filter": "none",
        "metrics": [str(length) for length in LENGTHS],
        **{str(length): score if length == n else -1.0 for length in LENGTHS},
    }


def test_rulers_samples_of_lm_eval_are_read() -> None:
    folder = Path("some-model")
    folder.mkdir()
    path = folder / "samples_niah_single_1_2026-01-01T00-00-00.000000.jsonl"
    lines = [
        sample(int(row["length"]), float(row["correct"]), place)
        for place, row in enumerate(scored().to_dict("records"))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = snellen.acuity_from([path], "out")
    ((model, report),) = found.reports.items()
    assert model == "some-model"
    ((key, curve),) = report.acuities.items()
    assert key.task == "niah_single_1"
    assert curve.l50.value == pytest.approx(8000, rel=0.25)


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("size,right\n8,1\n", [], "bench.csv has no column of length; there are: size, right; "
         "name it with --length"),
        ("length,right\n8,1\n", ["--correct", "score"], "no column 'score'; there are: length"),
        ("length,correct\n8,0.4\n", [], "say from which score on it is right with --threshold"),
        ("length,correct\n1.5,1\n", [], "row 1: a length is a whole number from 1 up, not 1.5"),
        ("length,correct\n8,maybe\n", [], "a score is a number or true or false, not 'maybe'"),
        ("length,correct\n", [], "bench.csv holds no row"),
        ("length,correct\n8,1\n", ["--chance", "1"], "a probability from 0 to below 1"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    text: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bench.csv").write_text(text)
    assert main(["acuity", "--from", "bench.csv", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_log_that_is_not_one_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.eval").write_text("no log")
    assert main(["acuity", "--from", "x.eval"]) == 2
    assert "x.eval is not a log of inspect_ai" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.json", '{"status": 1}', "x.json is not a log of inspect_ai"),
        ("x.jsonl", "5\n", "row 1 is no JSON object"),
        ("x.jsonl", '{"length": 4, "correct": 1}\n{"length": 8}\n', "row 2: a score is"),
        ("x.jsonl", '{"doc": {"length": 4}, "resps": []}\n{"resps": []}\n', "line 1: which metric"),
        ("x.parquet", "no table", "x.parquet cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_one_line(
    name: str, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(text)
    assert main(["acuity", "--from", name]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
