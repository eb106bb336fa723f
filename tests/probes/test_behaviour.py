"""Margins and distances of a run's own prompts, against plain forwards; the correlations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from snellen.errors import InputError
from snellen.probes.link.measure import link_table, measure_items
from snellen.probes.link.probe import probe_link
from snellen.store.trials import COLUMNS, write_trials
from snellen.tasks.documents import trial_ids
from snellen.tasks.registry import find_task
from snellen.tasks.trial import rebuild_trial


def run_of(*tasks: str, lengths: tuple[int, ...] = (2, 9), count: int = 2) -> pd.DataFrame:
    rows = []
    for name in tasks:
        for trial in trial_ids(find_task(name), "direct", "none", lengths, count, 0):
            asked = rebuild_trial(trial)
            correct = trial.length == 2
            rows.append(
                {
                    "run_id": "r", "model": "tiny", "task": name, "mode": "direct",
                    "lens": "none", "length": trial.length, "tokens": pd.NA,
                    "index": trial.index, "seed": 0, "truth": asked.truth,
                    "answer": asked.truth if correct else "7",
                    "outcome": "correct" if correct else "wrong", "abs_error": 0.0,
                    "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1,
                    "latency_s": 0.1, "prompt_sha256": asked.prompt_sha256,
                }
            )  # fmt: skip
    table = pd.DataFrame(rows).assign(answer_form="free")
    return table.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def log_probability(model: Any, ids: list[int], answer: list[int]) -> float:
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids + answer])).logits[0].double()
    logp = logits.log_softmax(-1)
    return sum(float(logp[len(ids) - 1 + k, token]) for k, token in enumerate(answer))


@pytest.mark.parametrize("task", ["count_ones", "sum_ones", "paper_count_ones"])
def test_margin_and_distance_by_plain_forwards(task: str, tiny: Any, tokenizer: Any) -> None:
    model = tiny("llama")
    trials = run_of(task)
    items = measure_items(model, tokenizer, trials, chat=False)
    for row, trial in zip(
        items.to_dict("records"),
        trial_ids(find_task(task), "direct", "none", (2, 9), 2, 0),
        strict=True,
    ):
        asked = rebuild_trial(trial)
        lead = "The final answer to your maths question is: " if task.startswith("paper") else ""
        grown = {"count_ones": " ", "sum_ones": " + ", "paper_count_ones": ""}[task]
        longer = asked.prompt.replace(asked.sequence, asked.sequence + grown + asked.sequence[-1])
        ids = [tokenizer.encode(f"{text}\n{lead}") for text in (asked.prompt, longer)]
        ends = [
            model(input_ids=torch.tensor([i]), output_hidden_states=True).hidden_states[-1][0, -1]
            for i in ids
        ]
        gap = float((ends[0] - ends[1]).norm())
        size = ((float(ends[0].norm()) ** 2 + float(ends[1].norm()) ** 2) / 2) ** 0.5
        assert row["rel_l2"] == pytest.approx(gap / size, rel=1e-3)
        truth = int(asked.truth)
        scores = [
            log_probability(model, ids[0], tokenizer.encode(str(truth + more)))
            for more in (0, -1, 1)
        ]
        assert row["margin"] == pytest.approx(scores[0] - max(scores[1:]), abs=1e-3)
        assert row["correct"] == (row["length"] == 2)


def test_chat_without_a_template_is_refused(tiny: Any, tokenizer: Any) -> None:
    with pytest.raises(InputError, match="no chat template"):
        measure_items(tiny("llama"), tokenizer, run_of("count_ones"), chat=True)


def test_chat_prompts_are_closed_by_the_template(tiny: Any, tokenizer: Any) -> None:
    tokenizer.chat_template = "[{{ messages[0]['content'] }}]"
    plain = measure_items(tiny("llama"), tokenizer, run_of("count_ones"), chat=False)
    chat = measure_items(tiny("llama"), tokenizer, run_of("count_ones"), chat=True)
    assert (plain.margin != chat.margin).all()


def test_only_what_can_be_compared_is_used(tiny: Any, tokenizer: Any) -> None:
    trials = pd.concat([run_of("count_ones"), run_of("copy_last")], ignore_index=True)
    trials.loc[0, "outcome"] = "failed"
    trials.loc[1, "lens"] = "comma"
    items = measure_items(tiny("llama"), tokenizer, trials, chat=False)
    assert set(items.task) == {"count_ones"}
    assert len(items) == 2
    with pytest.raises(InputError, match="no trial of this run can be probed"):
        measure_items(tiny("llama"), tokenizer, run_of("copy_last"), chat=False)


def test_a_cut_answer_is_measured_but_not_judged(tiny: Any, tokenizer: Any) -> None:
    trials = run_of("count_ones", count=3)
    trials.loc[0, "outcome"] = "truncated"
    items = measure_items(tiny("llama"), tokenizer, trials, chat=False)
    assert items.correct.isna().tolist() == [True] + [False] * 5
    assert items.margin.notna().all()
    row = link_table(items, resamples=20).iloc[0]
    assert (row.n, row.judged, row.correct) == (6, 5, 2)


def test_a_prompt_that_was_not_asked_is_refused(tiny: Any, tokenizer: Any) -> None:
    trials = run_of("count_ones")
    trials.loc[3, "prompt_sha256"] = "0" * 64
    with pytest.raises(InputError, match=r"count_ones n=9 index=1 is not the one that was asked"):
        measure_items(tiny("llama"), tokenizer, trials, chat=False)


def synthetic(seed: int, slope: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    length = rng.integers(1, 100, size=400)
    within = rng.normal(size=400)
    distance = np.exp(-np.log(length) + 0.3 * within)
    margin = -0.1 * length + slope * within + rng.normal(size=400)
    return pd.DataFrame(
        {"task": "t", "length": length, "rel_l2": distance, "margin": margin, "correct": margin > 0}
    )


def test_correlations_tell_length_from_distance() -> None:
    confounded = link_table(synthetic(0, 0.0), resamples=200).iloc[0]
    assert confounded.rho_margin > 0.5  # both fall with length, and little is left without it
    assert abs(confounded.rho_margin_given_length) < 0.15
    linked = link_table(synthetic(0, 2.0), resamples=200).iloc[0]
    assert linked.low_margin_given_length > 0.5  # ... but here distance says more


def test_spearman_is_scipy_s_and_the_partial_one_is_the_textbook_s() -> None:
    items = synthetic(3, 1.0)
    row = link_table(items, resamples=20).iloc[0]
    assert row.rho_margin == pytest.approx(stats.spearmanr(items.rel_l2, items.margin).statistic)
    xy, xz, yz = (
        stats.spearmanr(items[a], items[b]).statistic
        for a, b in (("rel_l2", "margin"), ("rel_l2", "length"), ("margin", "length"))
    )
    partial = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert row.rho_margin_given_length == pytest.approx(partial)


def test_what_does_not_vary_has_no_correlation() -> None:
    items = synthetic(1, 1.0).assign(correct=False)
    row = link_table(items, resamples=20).iloc[0]
    assert np.isnan(row.rho_correct)
    assert np.isfinite(row.rho_margin)


def test_run_directory_of_a_link(tmp_path: Path, subject: Any) -> None:
    write_trials(tmp_path / "trials.csv", run_of("count_ones", "sum_ones"))
    result = probe_link(subject("llama"), tmp_path / "trials.csv", chat=False, out=tmp_path)
    assert result.summary.task.tolist() == ["count_ones", "sum_ones", "all"]
    assert result.summary["with margin"].str.fullmatch(r"-?\d\.\d\d \(.* to .*\)|not defined").all()
    assert any("length fixed" in str(column) for column in result.summary)
    links = pd.read_csv(result.folder / "links.csv")
    assert list(links.task) == ["count_ones", "sum_ones", "all"]
    assert len(pd.read_csv(result.folder / "items.csv")) == 8
    assert (result.folder / "figures" / "link.png").stat().st_size > 10_000
