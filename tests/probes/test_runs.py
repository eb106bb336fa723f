"""Run directories, figures that never change by themselves, and the command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from snellen.cli import probe
from snellen.errors import InputError
from snellen.probes.collapse import figures as collapse_figures
from snellen.probes.collapse import measure as collapse
from snellen.probes.collapse.probe import probe_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.sensitivity import measure as sensitivity
from snellen.probes.sensitivity.path_bound import anatomy_of
from snellen.probes.states.last_token import last_token_states
from snellen.probes.theory import figures as theory_figures
from snellen.probes.theory.tables import softmax_decay
from snellen.support.figures import save_figure

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "float32"


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    probe.add_arguments(parser)
    return probe.run(parser.parse_args(words))


@pytest.fixture
def folder(tmp_path: Path, tiny: Any, tokenizer: Any) -> str:
    tiny("llama").save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def test_collapse_command(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = command(
        "collapse", "--model", folder, "--out", str(tmp_path / "out"), "--device", "cpu",
        "--pairs", "count_ones,identical", "--lengths", "1,4,16", "--dtypes", "float64,bfloat16",
    )  # fmt: skip
    assert code == 0
    (written,) = (tmp_path / "out").glob("*/probe-collapse-*")
    shown = capsys.readouterr().out
    assert str(written) in shown
    assert "> 16" in shown
    assert "Whether a reader can still\n  tell them apart is another question" in shown
    table = pd.read_csv(written / "collapse.csv")
    assert set(table.dtype) == {"float64", "bfloat16"}
    assert len(pd.read_csv(written / "null.csv"))
    manifest = json.loads((written / "manifest.json").read_text())
    assert manifest["schema"] == 2
    assert manifest["plan"]["lengths"] == [1, 4, 16]
    assert manifest["prompts"]["count_ones"] == "spelled as the tokenizer spells the text"
    assert {p.name for p in (written / "figures").iterdir()} == {
        "collapse.svg", "collapse.png", "depth_bfloat16.svg", "depth_bfloat16.png",
    }  # fmt: skip


def test_sensitivity_command(folder: str, tmp_path: Path) -> None:
    arguments = ["sensitivity", "--model", folder, "--out", str(tmp_path / "out")]
    arguments += ["--pairs", "count_ones", "--lengths", "12", "--device", "cpu"]
    assert command(*arguments, "--probes", "4") == 0
    assert command(*arguments, "--exact") == 0
    written = sorted((tmp_path / "out").glob("*/probe-sensitivity-*"))
    assert len(written) == 2
    for place in written:
        profiles = pd.read_csv(place / "profiles.csv")
        assert sorted(profiles.weights) == ["random", "trained"]
        positions = pd.read_csv(place / "positions.csv")
        assert (positions.low <= positions.norm).all()
        assert (positions.norm <= positions.high).all()
        assert (place / "figures" / "sensitivity.svg").exists()


def test_random_twin_has_other_weights_and_the_same_seed_the_same(tiny: Any) -> None:
    model = tiny("llama")
    one, again, other = (sensitivity.random_twin(model, seed) for seed in (0, 0, 1))
    name = "model.layers.0.mlp.up_proj.weight"
    weights = [m.get_parameter(name) for m in (model, one, again, other)]
    assert weights[1].equal(weights[2])
    assert not weights[1].equal(weights[0])
    assert not weights[1].equal(weights[3])


def test_link_command_needs_no_journal(folder: str, tmp_path: Path) -> None:
    words = ("link", "--run", str(REFERENCE), "--model", folder, "--out", str(tmp_path))
    # The run is read, and found to be that of a model with a chat template.
    with pytest.raises(InputError, match="the tokenizer has no chat template"):
        command(*words)
    with pytest.raises(InputError, match="is not a run directory: it lacks"):
        command(*words[:2], str(tmp_path), *words[3:])


def test_theory_command(tmp_path: Path) -> None:
    assert command("theory", "--seeds", "2", "--out", str(tmp_path)) == 0
    (written,) = tmp_path.glob("theory/probe-theory-*")
    assert len(list(written.glob("*.csv"))) == 8
    assert len(list((written / "figures").glob("*.svg"))) == len(theory_figures.FIGURES)
    with pytest.raises(InputError, match="--seeds 1 gives no interval"):
        command("theory", "--seeds", "1", "--out", str(tmp_path))


def test_bad_input_on_the_command_line(folder: str, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out")]
    with pytest.raises(InputError, match="--step 0: must be 1 or more"):
        command("collapse", "--model", folder, "--step", "0", *out)
    with pytest.raises(InputError, match="unknown pair 'nought'"):
        command("collapse", "--model", folder, "--pairs", "nought", *out)
    with pytest.raises(InputError, match="unknown dtype 'int4'"):
        command("collapse", "--model", folder, "--dtypes", "int4", "--lengths", "1,2", *out)
    with pytest.raises(InputError, match=r"length 900 of count_ones takes .* context holds 512"):
        command("collapse", "--model", folder, "--lengths", "9,900", *out)
    with pytest.raises(InputError, match="vllm/x needs a running server: give --base-url"):
        command("collapse", "--model", "vllm/x", *out)
    with pytest.raises(InputError, match="--run is not a run directory: say with --model"):
        command("link", "--run", str(tmp_path / "trials.csv"), *out)
    with pytest.raises(InputError, match="--probes 3 has no spread"):
        command("sensitivity", "--model", folder, "--lengths", "9", "--probes", "3", *out)
    for limit in ("0", "many"):
        with pytest.raises(InputError, match=f"--max-tokens {limit}: give a number of tokens"):
            command("paper", "--model", folder, "--max-tokens", limit, *out)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*file"):
        command("theory", "--seeds", "2", "--out", str(tmp_path / "file"))


def test_out_of_memory_ends_with_code_1(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = last_token_states

    def greedy(model: Any, sequences: Any, **options: Any) -> Any:
        if any(len(s) > 60 for s in sequences):
            raise MemoryError
        return real(model, sequences, **options)

    monkeypatch.setattr(collapse, "last_token_states", greedy)
    code = command(
        "collapse", "--model", folder, "--pairs", "constant,count_ones", "--lengths", "1,30",
        "--dtypes", "float32", "--out", str(tmp_path / "out"), "--device", "cpu",
    )  # fmt: skip
    assert code == 1
    assert "lower --chunk (now 2048)" in capsys.readouterr().err
    (table,) = (tmp_path / "out").glob("*/*/collapse.csv")
    assert set(pd.read_csv(table).kind) == {"constant"}


def test_sensitivity_out_of_memory_keeps_the_rest(
    subject: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = anatomy_of

    def greedy(model: Any, ids: list[int]) -> Any:
        if len(ids) > 70:
            raise torch.OutOfMemoryError("out of memory")
        return real(model, ids)

    monkeypatch.setattr(sensitivity, "anatomy_of", greedy)
    plan = sensitivity.SensitivityPlan(("count_ones",), (4, 40), probes=4)
    tables, failures, _ = sensitivity.measure_sensitivity(subject("llama"), plan)
    assert set(tables["profiles"].length) == {4}
    assert len(failures) == 2
    assert "n=40 #0, trained weights ran out of memory: lower --lengths" in failures[0]
    short = sensitivity.SensitivityPlan(("count_ones",), (40,), probes=4)
    with pytest.raises(InputError, match="nothing could be finished"):
        sensitivity.measure_sensitivity(subject("llama"), short)


def test_nothing_finished_is_an_error(
    subject: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(collapse, "last_token_states", greedy)
    plan = CollapsePlan(("count_ones",), (1, 2), ("float32",))
    with pytest.raises(InputError, match="nothing could be finished: count_ones in float32"):
        probe_collapse(subject("llama"), plan, out=tmp_path)


def test_figures_are_the_same_every_time(tmp_path: Path, subject: Any) -> None:
    plan = CollapsePlan(("count_ones",), (1, 3, 9), ("float32", "bfloat16"))
    table = collapse.measure_collapse(subject("llama"), plan).collapse
    theory = {"fig9_softmax": softmax_decay(2)}
    drawn = []
    for place in (tmp_path / "a", tmp_path / "b"):
        save_figure(collapse_figures.collapse_figure(table, 1), place, "collapse")
        save_figure(theory_figures.fig9(theory), place, "fig9")
        drawn.append({p.name: p.read_bytes() for p in sorted(place.iterdir())})
    assert len(drawn[0]) == 4
    assert drawn[0] == drawn[1]


def test_a_collapse_figure_shows_its_null_band(subject: Any) -> None:
    plan = CollapsePlan(("count_ones",), (1, 3, 9), ("float32", "bfloat16"))
    table = collapse.measure_collapse(subject("llama"), plan).collapse
    figure = collapse_figures.collapse_figure(table, 1)
    assert len(figure.axes[0].collections) == 2  # one shaded band per dtype
    with pytest.raises(AttributeError):
        collapse_figures.collapse_figure(table.drop(columns="null_linf"), 1)
