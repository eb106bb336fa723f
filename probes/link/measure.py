"""Behaviour and mechanism on one axis: do prompts with close states get wrong answers?

For each trial of a run the very prompt that was asked is rebuilt (and proved by its hash), and
its neighbour, the same prompt with the last item once more. At the token before the answer:
the distance between the two states, and the margin of the true answer over the answers next to
it. The paper implies that a small distance goes with a small margin and a wrong answer; nothing
here assumes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...errors import InputError
from ...tasks.registry import find_task
from ...tasks.trial import TrialId, rebuild_trial
from ..collapse.distances import state_distances
from ..result import Progress, silent
from ..states.architecture import head_count
from ..states.head import next_token_logits
from ..states.last_token import depth_names, last_token_states

Array = NDArray[np.float64]

PAPER_LEAD = "The final answer to your maths question is: "
"""How an answer to the paper's counting prompts begins; Snellen's own are answered directly."""


@dataclass(frozen=True)
class Item:
    """One trial as token ids: its prompt, its neighbour's, and the answers to compare.

    ``answers[0]`` is the true answer; the others are the numbers next to it.
    """

    row: int
    short: tuple[int, ...]
    long: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]


def measure_items(
    model: Any,
    tokenizer: Any,
    trials: pd.DataFrame,
    *,
    chat: bool = True,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Distance and margin of every trial with an integer answer and no lens.

    Args:
        model: The model that the trials were put to.
        tokenizer: Its tokenizer.
        trials: A table of trials (docs/run-directory.md).
        chat: Whether the run used the model's chat template.
        progress: Told one line per task.

    Returns:
        The trials that could be measured, with ``correct`` (blank where the answer was cut or
        refused), ``margin`` (nats: log p of the true
        answer less that of the better of its neighbours), ``linf`` and ``rel_l2`` (distance to
        the prompt with one more item, after the final norm).

    Raises:
        InputError: No trial can be measured, there is no chat template, or a prompt is not the
            one that was asked.
    """
    if chat and not tokenizer.chat_template:
        raise InputError("the tokenizer has no chat template: the run used none either, so --raw")
    usable = usable_trials(trials)
    items = [_item(tokenizer, usable.iloc[row], row, chat) for row in range(len(usable))]
    heads = head_count(model)
    out = usable.copy()
    # A cut or refused answer is neither right nor wrong; its prompt is measured all the same.
    out["correct"] = (usable.outcome == "correct").astype("boolean")
    out.loc[usable.outcome.isin(["truncated", "refused"]), "correct"] = pd.NA
    done = 0
    for task, group in usable.groupby("task", sort=False):
        progress(f"{task}: {len(group)} prompts and their neighbours", done, len(usable))
        done += len(group)
        chosen = [items[row] for row in group.index]
        # One task is one walk over the prompts; its margins are a second one.
        ends = last_token_states(
            model, [i.short for i in chosen] + [i.long for i in chosen], depths=[_depths(model) - 1]
        )[:, 0]
        found = state_distances(ends[: len(chosen)], ends[len(chosen) :], heads)
        out.loc[group.index, "linf"] = found["linf"]
        out.loc[group.index, "rel_l2"] = found["rel_l2"]
        progress(f"{task}: margins", done - len(group) / 2, len(usable))
        out.loc[group.index, "margin"] = _margins(model, chosen)
    return out


def usable_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """The answered trials without a lens whose answer is a number that one more item changes.

    Raises:
        InputError: There is none.
    """
    usable = trials[(trials.lens == "none") & (trials.outcome != "failed")]
    usable = usable[usable.task.map(_countable).astype(bool)].reset_index(drop=True)
    if not len(usable):
        raise InputError(
            "no trial of this run can be probed: counting and summing tasks without a lens are "
            "needed, e.g. --tasks count_ones,count_ones_bernoulli"
        )
    return usable


def _countable(task: str) -> bool:
    """Whether one more item makes the true answer another number."""
    found = find_task(task)
    copies = found.family == "copying" or found.name.startswith("paper_copy")
    return found.answer == "number" and not copies


def _depths(model: Any) -> int:
    return len(depth_names(model))


def _item(tokenizer: Any, trial: Any, row: int, chat: bool) -> Item:
    task = find_task(trial.task)
    asked = rebuild_trial(
        TrialId(
            trial.task, trial["mode"], trial.lens, task.version_of(trial["mode"], trial.lens),
            int(trial.length), int(trial["index"]), int(trial.seed),
        )
    )  # fmt: skip
    if asked.prompt_sha256 != trial.prompt_sha256:
        raise InputError(
            f"the prompt of {trial.task} n={trial.length} index={trial['index']} is not the one "
            "that was asked: the run was made by another version of the tasks"
        )
    separator = task.separator
    last = asked.sequence.rsplit(separator, 1)[-1] if separator else asked.sequence[-1]
    neighbour = asked.prompt.replace(asked.sequence, asked.sequence + separator + last)
    lead = PAPER_LEAD if task.family == "paper" else ""
    truth = int(asked.truth)
    close = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    return Item(
        row,
        tuple(_prompt_ids(tokenizer, asked.prompt, lead, chat)),
        tuple(_prompt_ids(tokenizer, neighbour, lead, chat)),
        tuple(
            (*tokenizer.encode(str(number), add_special_tokens=False), *close)
            for number in (truth, truth - 1, truth + 1)
        ),
    )


def _prompt_ids(tokenizer: Any, prompt: str, lead: str, chat: bool) -> list[int]:
    if chat:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
        )
        ids: list[int] = tokenizer.encode(text + lead, add_special_tokens=False)
        return ids
    plain: list[int] = tokenizer.encode(f"{prompt}\n{lead}")
    return plain


def _margins(model: Any, items: Sequence[Item]) -> Array:
    """Log probability of the true answer less that of the better neighbour, per item."""
    import torch

    sequences: list[tuple[int, ...]] = []
    places: list[list[range]] = []
    for item in items:
        spans = []
        for answer in item.answers:
            start = len(sequences)
            sequences += [item.short + answer[:k] for k in range(len(answer))]
            spans.append(range(start, len(sequences)))
        places.append(spans)
    final = last_token_states(model, sequences, depths=[_depths(model) - 1])[:, 0]
    out = np.empty(len(items))
    for i, (item, spans) in enumerate(zip(items, places, strict=True)):
        scores = []
        for answer, span in zip(item.answers, spans, strict=True):
            logp = torch.log_softmax(next_token_logits(model, final[span.start : span.stop]), -1)
            scores.append(float(logp[range(len(answer)), list(answer)].sum()))
        out[i] = scores[0] - max(scores[1:])
    return out


def link_table(items: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Rank correlations of distance with margin and with being right, per task and pooled.

    Args:
        items: Rows of :func:`measure_items`.
        resamples: Bootstrap resamples of the trials.
        seed: Seed of the resampling.

    Returns:
        Per task (and ``all``): n, Spearman's correlation of ``rel_l2`` with ``margin`` and with
        ``correct``; ``given_length`` is the partial rank correlation with length held fixed,
        since all three fall with length. Each with a 95 % bootstrap interval; blank where a
        quantity does not vary.
    """
    rows = []
    groups = list(items.groupby("task", sort=False))
    for task, group in [*groups, ("all", items)] if len(groups) > 1 else groups:
        row: dict[str, Any] = {"task": task, "n": len(group), "correct": int(group.correct.sum())}
        row["judged"] = int(group.correct.notna().sum())
        for target in ("margin", "correct"):
            for name, measure in (("", _spearman), ("_given_length", _partial_spearman)):
                value, low, high = _bootstrap(group, target, measure, resamples, seed)
                column = f"{target}{name}"
                row |= {f"rho_{column}": value, f"low_{column}": low, f"high_{column}": high}
        rows.append(row)
    return pd.DataFrame(rows)


def _spearman(x: Array, y: Array, _: Array) -> Array:
    return _correlation(stats.rankdata(x, axis=-1), stats.rankdata(y, axis=-1), 0.0)


def _partial_spearman(x: Array, y: Array, z: Array) -> Array:
    """Correlation of the ranks of x and y after a straight line in the ranks of z is taken out."""
    ranks = [stats.rankdata(v, axis=-1) for v in (x, y, z)]
    first, second, base = (r - r.mean(axis=-1, keepdims=True) for r in ranks)
    size = (base * base).sum(axis=-1, keepdims=True)
    # Where z does not vary there is no line, and nothing to take out.
    left = [
        r - (r * base).sum(axis=-1, keepdims=True) / np.where(size > 0, size, 1.0) * base
        for r in (first, second)
    ]
    # What is left may be rounding of zero: a quantity that length decides altogether.
    return _correlation(left[0], left[1], np.where(size[..., 0] > 0, 1e-9 * base.shape[-1], 0.0))


def _correlation(x: Array, y: Array, least: float | Array) -> Array:
    """Pearson's correlation along the last axis; nan where one of the two hardly varies."""
    x, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, y))
    spread = [np.sqrt((v * v).mean(axis=-1)) for v in (x, y)]
    flat = np.minimum(*spread) <= least
    found = (x * y).mean(axis=-1) / np.where(flat, 1.0, spread[0] * spread[1])
    return np.where(flat, np.nan, found)


def _bootstrap(
    group: pd.DataFrame, target: str, measure: Callable[..., Array], resamples: int, seed: int
) -> tuple[float, float, float]:
    group = group.dropna(subset=[target])
    if len(group) < 3:
        return float("nan"), float("nan"), float("nan")
    columns = [group[c].astype(float).to_numpy() for c in ("rel_l2", target, "length")]
    value = float(measure(*columns))
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(group), size=(resamples, len(group)))
    found = measure(*(c[draws] for c in columns))
    found = found[np.isfinite(found)]
    if not np.isfinite(value) or len(found) < resamples / 2:
        return value, float("nan"), float("nan")
    low, high = np.quantile(found, [0.025, 0.975])
    return value, float(low), float(high)
