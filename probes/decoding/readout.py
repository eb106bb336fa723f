"""The count read-out: a linear probe of n, trained on some counts and tested on others.

A probe that reads n says little by itself: on enough dimensions a probe reads anything. So it is
tested on counts, a wording and a task that it never saw, always along another route than it was
trained on, and beside a control task (Hewitt and Liang 2019): the same prompts with the counts
shuffled. *Selectivity* is how much better the true counts are read than the shuffled ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..states.last_token import depth_names, last_token_states
from ..states.routes import Route
from .prompts import OTHER_TASK, DecodingPlan, read_out_prompts
from .ridge import ReadOut, fit_ridge, fit_ridges

Array = NDArray[np.float64]

CONDITIONS = ("interpolation", "extrapolation", "another wording", "another task", "shuffled")
RESAMPLES = 400


class Sights(NamedTuple):
    """Last-token states of every count from 1 on, each of shape (counts, depths, d_model).

    ``trained`` and ``tested`` are the same prompts along two routes.
    """

    trained: Array
    tested: Array
    wording: Array | None
    task: Array


def sights(
    model: Any, tokenizer: Any, kind: str, plan: DecodingPlan, context: int, routes: list[Route]
) -> Sights:
    """The states of a kind: one pass over the longest prompt per route and wording."""

    def states(wording: int | str, route: Route) -> Array:
        prompts = read_out_prompts(tokenizer, kind, wording, plan, context)
        found = last_token_states(model, [p.short for p in prompts], route=route)
        return np.asarray(found.double().numpy())

    other = routes[1]
    return Sights(
        states(0, routes[0]),
        states(0, other),
        states(1, other) if plan.wordings > 1 else None,
        states(OTHER_TASK, other),
    )


def read_out_table(model: Any, seen: Sights, seed: int) -> tuple[pd.DataFrame, dict[int, ReadOut]]:
    """How well n is read at every depth, per condition; and the read-out of each depth.

    Returns:
        Columns depth, state, condition, ``rmse`` and ``mae`` (items), ``mae_near`` and
        ``mae_far`` (the lower and the upper half of the tested counts), ``r2`` with a 95 %
        bootstrap interval over the tested counts, ``within_half`` (share of counts read to the
        nearest one), ``items``, ``selectivity`` (interpolation's R² less that of the shuffled
        counts, both on counts that were trained on); and the read-outs trained on even counts.
    """
    counts = np.arange(1, len(seen.trained) + 1, dtype=np.float64)
    even, odd = counts % 2 == 0, counts % 2 == 1
    near = counts <= counts[-1] / 2
    shuffled = np.random.default_rng(seed).permutation(counts)
    rows, probes = [], {}
    for depth, name in enumerate(depth_names(model)):
        x, y = seen.trained[:, depth], seen.tested[:, depth]
        everything, control = fit_ridges(x, counts, shuffled)
        probe = probes[depth] = fit_ridge(x[even], counts[even])
        tests = {
            "interpolation": (probe, y[odd], counts[odd]),
            "extrapolation": (fit_ridge(x[near], counts[near]), y[~near], counts[~near]),
            "another task": (probe, seen.task[odd, depth], counts[odd]),
            "shuffled": (control, y, shuffled),
        }
        if seen.wording is not None:
            tests["another wording"] = (probe, seen.wording[odd, depth], counts[odd])
        seen_counts = _score(everything(y), counts, seed)["r2"]
        by_heart = _score(control(y), shuffled, seed)["r2"]
        for condition in CONDITIONS:
            if condition not in tests:
                continue
            fitted, states, truths = tests[condition]
            rows.append(
                {
                    "depth": depth,
                    "state": name,
                    "condition": condition,
                    **_score(fitted(states), truths, seed),
                    "items": len(truths),
                    "penalty": fitted.penalty,
                    "selectivity": seen_counts - max(by_heart, 0.0),
                }
            )
    return pd.DataFrame(rows), probes


def _score(read: Array, truths: Array, seed: int) -> dict[str, float]:
    errors = read - truths
    spread = np.square(truths - truths.mean())
    draws = np.random.default_rng(seed).integers(len(errors), size=(RESAMPLES, len(errors)))
    squares = np.square(errors)
    far = truths >= np.median(truths)
    # The spread of the truths is the design's, no chance of the draw: it stays as it is.
    r2 = 1 - squares[draws].mean(axis=1) / spread.mean()
    low, high = np.quantile(r2, [0.025, 0.975])
    return {
        "rmse": float(np.sqrt(squares.mean())),
        "mae": float(np.abs(errors).mean()),
        "mae_near": float(np.abs(errors[~far]).mean()),
        "mae_far": float(np.abs(errors[far]).mean()),
        "r2": float(1 - squares.sum() / spread.sum()),
        "r2_low": float(low),
        "r2_high": float(high),
        "within_half": float((np.abs(errors) < 0.5).mean()),
    }


def angle_table(model: Any, probes: dict[int, ReadOut], digits: Array) -> pd.DataFrame:
    """Where the count points beside where the head reads digits.

    Args:
        model: The model, for the names of its depths.
        probes: The read-out of each depth.
        digits: Unembedding rows of the digits, shape (10, d_model).

    Returns:
        Per depth ``cosine_largest`` (the largest |cosine| with one digit's row, the rows' mean
        taken out) and ``cosine_span`` (with the space that the rows span), beside what a random
        direction would have (``cosine_span_random``, the root mean square).
    """
    rows = digits - digits.mean(axis=0)
    basis = np.linalg.svd(rows, full_matrices=False)[2][: len(rows) - 1]
    sizes = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(sizes > 0, sizes, 1.0)
    names = depth_names(model)
    out = []
    for depth, probe in probes.items():
        size = float(np.linalg.norm(probe.weights))
        direction = probe.weights / size if size > 0 else probe.weights
        out.append(
            {
                "depth": depth,
                "state": names[depth],
                "cosine_largest": float(np.abs(units @ direction).max()),
                "cosine_span": float(np.linalg.norm(basis @ direction)),
                "cosine_span_random": float(np.sqrt(len(basis) / digits.shape[1])),
            }
        )
    return pd.DataFrame(out)
