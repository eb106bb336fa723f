"""What lenses do inside a model: collapse, decodability and dispersion on the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...probes.attention.measure import attention_of_last, entropy
from ...probes.collapse.distances import state_distances
from ...probes.states.architecture import head_count
from ...probes.states.last_token import depth_names, last_token_states
from ...runners.local.runner import LocalRunner
from ...runners.protocol import Request
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...tasks.documents import trial_ids
from ...tasks.lenses import find_lens
from ...tasks.neighbours import longer_prompt
from ...tasks.registry import find_task
from ...tasks.trial import Trial, rebuild_trial
from ..session import request_of

Array = NDArray[np.float64]

GROUP = 3
"""Items more of the control of phase, for a lens that makes no groups (the paper's are of 3)."""


def measure_lens(
    runner: LocalRunner, plan: Plan, curve: CurveKey, lengths: Sequence[int], trials: int
) -> pd.DataFrame:
    """Look at a model through one lens, at the token after which it answers.

    Args:
        runner: the model.
        plan: how it is asked (chat template or raw text).
        curve: task, mode, answer form and lens.
        lengths: in items.
        trials: questions per length.

    Returns:
        A row per length and question, with

        - ``distance``: between the states (after the final norm) of n and n + 1 items, the last
          item said once more; L2 over the size of the states;
        - ``distance_group``: the same of n and n + k, ``k`` being the size of the lens's groups:
          both lie at the same place in a group, so that it cannot be the place that is seen;
        - ``told``, ``told_group``: whether the difference points the way that it does, on
          average, in the *other* questions (their wording differs, and their symbols): then a
          straight line can tell n from n + 1; half by chance;
        - ``dispersion``: entropy of the attention of the last token, over the logarithm of the
          tokens (1: it looks everywhere alike), mean over heads and layers; ``largest``, the
          largest weight; ``on_first``, the weight of the first token;
        - ``tokens`` of the prompt.

    Raises:
        InputError: the model is not one that can be looked into.
    """
    lens = find_lens(curve.lens)
    group = lens.every if lens.every > 1 else GROUP
    rows = []
    gaps: dict[str, list[Array]] = {"": [], "_group": []}
    with runner.wearing(lens.inside) as model:
        heads, last = head_count(model), len(depth_names(model)) - 1
        for trial in _trials(plan, curve, lengths, trials):
            ids = [_tokens(runner, plan, trial, more) for more in (0, 1, group)]
            states = last_token_states(model, ids, depths=[last])[:, 0]
            row: dict[str, Any] = {
                **curve._asdict(), "length": trial.id.length, "index": trial.id.index,
                "k": group, "tokens": len(ids[0]),
            }  # fmt: skip
            for name, other in (("", 1), ("_group", 2)):
                found = state_distances(states[0], states[other], heads)
                row[f"distance{name}"] = float(found["rel_l2"])
                gaps[name].append((states[other] - states[0]).double().numpy())
            rows.append(row | _attention(model, ids[0]))
    table = pd.DataFrame(rows)
    for name, gap in gaps.items():
        table[f"told{name}"] = told(np.stack(gap), table["index"].to_numpy())
    return table


def told(gaps: Array, group: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each gap points as those of the other groups do on average.

    Args:
        gaps: shape (items, width).
        group: shape (items,); an item is judged by the items of all other groups.
    """
    size = np.linalg.norm(gaps, axis=1, keepdims=True)
    units = np.divide(gaps, size, out=np.zeros_like(gaps), where=size > 0)
    found = np.zeros(len(gaps), dtype=bool)
    for one in np.unique(group):
        own = group == one
        found[own] = units[own] @ units[~own].sum(axis=0) > 0
    return found


def _trials(plan: Plan, curve: CurveKey, lengths: Sequence[int], trials: int) -> Iterator[Trial]:
    task = find_task(curve.task)
    asked = trial_ids(task, curve.mode, curve.lens, lengths, trials, plan.seed, curve.answer)
    return map(rebuild_trial, asked)


def _tokens(runner: LocalRunner, plan: Plan, trial: Trial, more: int) -> list[int]:
    request: Request = request_of(
        runner, plan, replace(trial, prompt=longer_prompt(trial.id, more))
    )
    return runner.tokens(request)


def _attention(model: Any, ids: Sequence[int]) -> dict[str, float]:
    weights = attention_of_last(model, ids)
    return {
        "dispersion": float((entropy(weights) / np.log(len(ids))).mean()),
        "largest": float(weights.max(axis=-1).mean()),
        "on_first": float(weights[..., 0].mean()),
    }
