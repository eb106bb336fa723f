"""Simulated models: what their trials look like is known, so a report on them can be checked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from snellen.reports.trial_texts import Texts, TrialTexts
from snellen.store.trials import COLUMNS
from snellen.tasks.registry import TASKS
from snellen.tasks.trial import TrialId, rebuild_trial

Values = NDArray[np.object_]

GRID = (1, 2, 4, 8, 16, 32, 64, 128)
SYMBOLS = np.array(list("0123456789"))


def simulate(
    task: str = "count_ones",
    *,
    mode: str = "direct",
    lens: str = "none",
    form: str = "free",
    lengths: Sequence[int] = GRID,
    trials: int = 20,
    threshold: float = 16.0,
    attractor: str | None = None,
    attracted: float = 0.6,
    rambling: float = 0.0,
    failing: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Trials of an observer whose sight fades through 0.5 at ``threshold`` items.

    ``attractor`` is the answer of a share ``attracted`` of the wrong answers; ``rambling`` is the
    share of trials at the longest length that are unparseable or truncated (it grows with
    length); ``failing`` is the share lost to infrastructure.
    """
    rng = np.random.default_rng(seed)
    length = np.repeat(np.asarray(lengths), trials)
    n = length.size
    index = np.tile(np.arange(trials), len(lengths))
    identity = {"task": task, "mode": mode, "lens": lens, "seed": seed}
    asked = [
        _asked(task, {**identity, "length": int(k), "index": int(i)})
        for k, i in zip(length, index, strict=True)
    ]
    truth = np.array([truth for truth, _ in asked], dtype=object)
    sees = rng.random(n) < 1 / (1 + (length / threshold) ** 3)
    answer = _wrong(task, truth, length, rng)
    answer[sees] = truth[sees]
    if attractor is not None:
        answer[~sees & (rng.random(n) < attracted)] = attractor
    outcome = np.where(answer == truth, "correct", "wrong").astype(object)
    share = rambling * np.log1p(length) / np.log1p(max(lengths))
    outcome[rng.random(n) < share] = "unparseable"
    outcome[rng.random(n) < share / 2] = "truncated"
    outcome[rng.random(n) < failing] = "failed"
    read = np.isin(outcome, ["correct", "wrong"])
    return pd.DataFrame(
        {
            "run_id": "run-0",
            "model": "simulated/observer",
            "task": task,
            "mode": mode,
            "lens": lens,
            "length": length,
            "tokens": length + 40,
            "index": index,
            "seed": seed,
            "truth": truth,
            "answer": pd.Series(answer, dtype="str").where(read),
            "outcome": outcome,
            "abs_error": pd.Series(_errors(task, truth, answer), dtype="Float64").where(read),
            "finish_reason": np.where(outcome == "truncated", "length", "stop"),
            "prompt_tokens": length + 40,
            "completion_tokens": 12,
            "latency_s": 0.1,
            "prompt_sha256": [sha for _, sha in asked],
            "reading": pd.Series("number_alone", index=range(n)).where(read),
            "rivals": None,
            "depth": None,
            "log_odds": None,
            "answer_form": form,
        }
    ).astype(COLUMNS)


def _asked(task: str, trial: dict[str, Any]) -> tuple[str, str]:
    """Truth and prompt hash: of the real question, or invented for a task that is not ours."""
    if task not in TASKS:
        return str(trial["length"]), "0" * 64
    asked = rebuild_trial(trial)
    return asked.truth, asked.prompt_sha256


def _wrong(task: str, truth: Values, length: NDArray[np.int_], rng: np.random.Generator) -> Values:
    if task == "copy_sequence":
        return np.array([t[: 2 * rng.integers(0, len(t) // 2 + 1) + 1] for t in truth], object)
    if task.startswith("copy_"):
        return rng.choice(SYMBOLS, size=length.size).astype(object)
    off = np.maximum(1, rng.normal(0, 1 + length / 4).round().astype(int).__abs__())
    sign = rng.choice([-1, 1], size=length.size)
    said: Values = np.maximum(0, truth.astype(int) + sign * off).astype(str).astype(object)
    return said


def _errors(task: str, truth: Values, answer: Values) -> list[float]:
    pairs = list(zip(truth, answer, strict=True))
    if task.startswith("copy_"):
        return [float(Levenshtein.distance(t.split(), a.split())) for t, a in pairs]
    return [float(abs(int(t) - int(a))) for t, a in pairs]


NASTY = "<script>alert(1)</script>\x00\u202e'\"&</pre>\ud800"
"""What a hostile model could say."""


def texts_of(row: Mapping[Hashable, Any]) -> TrialTexts:
    """Texts of a simulated trial: the real prompt, and an answer that means harm."""
    asked = rebuild_trial(TrialId.from_dict(row))
    return TrialTexts(asked.prompt, asked.sequence, f"I say {row['answer']} {NASTY}")


@pytest.fixture(scope="session")
def texts() -> Texts:
    return texts_of


@pytest.fixture(scope="session")
def simulated() -> Callable[..., pd.DataFrame]:
    return simulate


@pytest.fixture(scope="session")
def chart() -> pd.DataFrame:
    """A whole run: a counter drawn to 100, a rambler, a copier, a copier of sequences."""
    return pd.concat(
        [
            simulate("count_ones", attractor="100", seed=1),
            simulate("count_ones", mode="cot", threshold=40, rambling=0.6, seed=2),
            simulate("sum_digits", rambling=0.9, threshold=3, seed=3),
            simulate("copy_last", threshold=30, attractor="1", seed=4),
            simulate("copy_last", lens="hint", threshold=90, attractor="1", seed=5),
            simulate("copy_sequence", threshold=10, seed=6, failing=0.05),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return {
        "schema": 1,
        "run_id": "run-0",
        "model": {"name": "simulated/observer", "dtype": "float32"},
        "plan": {"tasks": ["count_ones", "copy_last"], "lengths": list(GRID), "trials": 20},
        "versions": {"snellen": "0.1.0", "python": "3.11"},
        "cost": {"usd": 0.0},
    }
