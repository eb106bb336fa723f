"""What the head would say of every layer, and whether the answer follows a shift of the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..states.architecture import layers_of
from ..states.head import lens_logits, next_token_logits
from ..states.last_token import depth_names
from .answers import answer_tokens, shifted_log_odds
from .prompts import Unit

Array = NDArray[np.float64]

SHIFTED_LENGTHS = 4
LEAST_MOVE = 0.1
"""Nats: a prompt that moves the answer less than this gives a shift nothing to be held against."""
LONGEST_SHIFTED = 600
"""Tokens; each shift is a whole forward pass."""


def lens_table(model: Any, tokenizer: Any, units: Sequence[Unit], states: Array) -> pd.DataFrame:
    """The logit lens on the state that answers, against the right answer's first token.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        units: The pairs; their shorter prompts are looked at.
        states: Shape (2 units, depths, d_model): shorter prompts first.

    Returns:
        Per length and depth: ``probability`` and ``rank`` (1 is the likeliest) of the right first
        token, means over units, and ``right`` (share where it is the likeliest); empty where the
        final norm of the architecture is not known.
    """
    import torch

    truths = torch.tensor([answer_tokens(tokenizer, u.count)[0] for u in units])
    lengths = np.array([u.length for u in units])
    names = depth_names(model)
    rows = []
    for depth, name in enumerate(names):
        own = torch.as_tensor(states[: len(units), depth]).to(model.dtype)
        # The last depth is already normed: normed again it would be another state.
        last = depth == len(names) - 1
        logits = next_token_logits(model, own) if last else lens_logits(model, own)
        if logits is None:
            continue
        right = logits.gather(1, truths[:, None])
        rank = 1 + (logits > right).sum(dim=1)
        probability = logits.softmax(-1).gather(1, truths[:, None])[:, 0]
        frame = pd.DataFrame(
            {
                "length": lengths,
                "probability": probability.numpy(),
                "rank": rank.double().numpy(),
                "right": (rank == 1).double().numpy(),
            }
        )
        means = frame.groupby("length", sort=False).mean().reset_index()
        rows.append(means.assign(depth=depth, state=name))
    return pd.concat(rows, ignore_index=True)


def shift_table(
    model: Any, tokenizer: Any, units: Sequence[Unit], states: Array, seed: int
) -> pd.DataFrame:
    """Whether the answer follows when the last state is moved along the count direction.

    At a layer's output, on the first wording's prompt of n items, the difference of the states of
    n + k and n items is added, as the other wordings have it (k is the window). *After* is the log
    odds of n + k over n then; *natural* those on the prompt that really has n + k items;
    *control* those after a random shift of the same size.

    Returns:
        A row per length and depth, with ``moved``: (after - before) / (natural - before), and
        ``moved_control``, the same of the random shift.
    """
    import torch

    depths = sorted({max(1, round(len(layers_of(model)) * q)) for q in (0.25, 0.5, 0.75, 1.0)})
    names = depth_names(model)
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    lengths = list(dict.fromkeys(u.length for u in units))
    for length in lengths:
        first, last = _ends(units, length)
        here = units[first[0]]
        if len(rows) >= SHIFTED_LENGTHS * len(depths) or len(here.short) > LONGEST_SHIFTED:
            break
        there = units[last[0]]
        counts = (here.count, there.count + 1)
        others = range(1, len(first)) if len(first) > 1 else range(1)
        vectors = []
        for depth in depths:
            gap = np.mean(
                [states[len(units) + last[w], depth] - states[first[w], depth] for w in others],
                axis=0,
            )
            noise = rng.normal(size=gap.shape)
            noise *= np.linalg.norm(gap) / np.linalg.norm(noise)
            vectors += [(depth, torch.as_tensor(vector)) for vector in (gap, noise)]
        (natural,) = shifted_log_odds(model, tokenizer, there.long, counts, [None])
        before, *moved = shifted_log_odds(model, tokenizer, here.short, counts, [None, *vectors])
        for depth, after, control in zip(depths, moved[::2], moved[1::2], strict=True):
            rows.append(
                {
                    "length": length,
                    "depth": depth,
                    "state": names[depth],
                    "answer_from": counts[0],
                    "answer_to": counts[1],
                    "before": before,
                    "after": after,
                    "control": control,
                    "natural": natural,
                    "moved": _share(after - before, natural - before),
                    "moved_control": _share(control - before, natural - before),
                }
            )
    return pd.DataFrame(rows)


def _share(part: float, whole: float) -> float:
    """What a shift did of what the other prompt does; nan where that does hardly anything."""
    return part / whole if abs(whole) >= LEAST_MOVE else float("nan")


def _ends(units: Sequence[Unit], length: int) -> tuple[list[int], list[int]]:
    """Indices of each wording's first and last unit of a length."""
    own = [(i, u) for i, u in enumerate(units) if u.length == length]
    wordings = list(dict.fromkeys(u.wording for _, u in own))
    groups = [[i for i, u in own if u.wording == w] for w in wordings]
    return [g[0] for g in groups], [g[-1] for g in groups]
