"""Collapse through a server: what is left of it when only log probabilities are to be had.

An OpenAI-compatible ``/v1/completions`` gives the K most likely next tokens and their log
probabilities. Two such lists are compared on the tokens that both name and one lump for the
rest: by the data-processing inequality that gives a lower bound of the total variation and of
the KL divergence, and ``covered`` says how much mass was named. The null band comes from asking
the same prompt again, with the others in flight at the same time so that batches differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..collapse.null_band import band_edge, find_horizon, inside_band
from ..folder import Parts, Tables
from ..result import Progress, silent, within
from ..states.kinds import PAPER_KINDS, Kind, find_kind
from .client import CompletionServer, Distribution

MEASURES = ("tv", "kl")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class ServedPlan:
    """What to ask.

    Attributes:
        kinds: Names of kinds of pairs.
        lengths: Items n, in rising order.
        step: Pairs are n against n + step.
        repetitions: Draws of the random kinds.
        seed: Seed of the draws.
        calls: How often each prompt is asked; at least 2.
        top: Log probabilities per call.
        concurrency: Requests in flight.
    """

    kinds: tuple[str, ...] = PAPER_KINDS
    lengths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    step: int = 1
    repetitions: int = 3
    seed: int = 0
    calls: int = 4
    top: int = 20
    concurrency: int = 8


def lumped_distances(p: Distribution, q: Distribution) -> dict[str, float]:
    """Lower bounds of TV (0 to 1) and KL (nats) from two truncated distributions.

    ``covered`` is the mass that the shared tokens have, the smaller of the two.
    """
    shared = sorted(p.keys() & q.keys())
    a, b = (np.exp([d[token] for token in shared]) for d in (p, q))
    rest = [max(1.0 - float(x.sum()), 0.0) for x in (a, b)]
    left, right = (np.append(x, r) for x, r in zip((a, b), rest, strict=True))
    some = (left > 0) & (right > 0)
    # A lump that is empty on one side only holds nothing but rounding: it bounds nothing.
    kl = float((left[some] * np.log(left[some] / right[some])).sum())
    return {
        "tv": float(np.abs(left - right).sum() / 2),
        "kl": max(kl, 0.0),
        "covered": 1 - max(rest),
    }


def measure_served(
    server: CompletionServer,
    plan: ServedPlan,
    progress: Progress = silent,
    parts: Parts | None = None,
) -> dict[str, pd.DataFrame]:
    """Ask every prompt ``calls`` times and compare.

    Args:
        server: Whom to ask.
        plan: What to ask.
        progress: Told what is being asked.
        parts: Where finished kinds are kept and found again.

    Returns:
        ``served`` (a row per kind and length: TV, KL, null bands, verdict by TV) and ``horizon``.

    Raises:
        InputError: Fewer than two calls, or the server cannot answer.
    """
    if plan.calls < 2:
        raise InputError(f"--calls {plan.calls} gives no null band: ask 2 times or more")
    rows, horizons = [], []
    for done, name in enumerate(plan.kinds):
        kind = find_kind(name)
        what = f"{name}: {len(plan.lengths)} lengths, {plan.calls} calls each"
        progress(what, done, len(plan.kinds))
        told = within(progress, done, 1, len(plan.kinds))

        def part(kind: Kind = kind, told: Progress = told) -> Tables:
            table, horizon = _measure_kind(server, kind, plan, told)
            return {"served": table, "horizon": pd.DataFrame([horizon])}

        found = (parts or Parts()).get(f"served-{name}", part)
        rows.append(found["served"])
        horizons.append(found["horizon"])
    return {
        "served": pd.concat(rows, ignore_index=True),
        "horizon": pd.concat(horizons, ignore_index=True)
        .rename(columns={"value": "horizon"})
        .astype({"horizon": "Int64", "low": "Int64", "high": "Int64"}),
    }


def _texts(kind: Kind, plan: ServedPlan) -> list[tuple[str, str]]:
    """Short and long prompt of each length and repetition, repetitions innermost."""
    repeats = plan.repetitions if kind.random else 1
    digits = [
        [str(d) for d in np.random.default_rng([plan.seed, r]).integers(10, size=plan.lengths[-1])]
        for r in range(repeats)
    ]
    lead = f"{kind.question} " if kind.question else ""
    return [
        (
            lead + "".join(kind.pieces(n, 0, digits[r])),
            lead + "".join(kind.pieces(n, plan.step, digits[r])),
        )
        for n in plan.lengths
        for r in range(repeats)
    ]


def _measure_kind(
    server: CompletionServer, kind: Kind, plan: ServedPlan, progress: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    texts = _texts(kind, plan)
    asked = [text for pair in texts for text in pair] * plan.calls
    with ThreadPoolExecutor(plan.concurrency) as pool:
        found: list[Distribution] = []
        for answer in pool.map(lambda text: server.next_token(text, plan.top), asked):
            progress(f"{kind.name}: {len(found)} of {len(asked)} calls", len(found), len(asked))
            found.append(answer)
    calls = [found[i * 2 * len(texts) : (i + 1) * 2 * len(texts)] for i in range(plan.calls)]
    repeats = len(texts) // len(plan.lengths)
    signal = {m: _signal(calls, m, repeats) for m in (*MEASURES, "covered")}
    null = {m: _null(calls, m, repeats) for m in MEASURES}
    table = pd.DataFrame({"kind": kind.name, "step": plan.step, "length": plan.lengths})
    table["tokens"] = pd.array(
        [server.tokens(texts[i * repeats][0]) for i in range(len(plan.lengths))], dtype="Int64"
    )
    table["one_token_per_item"] = _even_growth(server, kind, plan, texts, repeats)
    for measure in MEASURES:
        table[measure] = np.median(signal[measure], axis=1)
        table[f"null_{measure}"] = band_edge(null[measure])
    table["covered"] = signal["covered"].min(axis=1)
    table["inside"] = inside_band(signal["tv"], null["tv"])
    found_horizon = find_horizon(plan.lengths, signal["tv"], null["tv"], seed=plan.seed)
    return table, {"kind": kind.name, "step": plan.step, **found_horizon._asdict()}


def _signal(calls: Sequence[Sequence[Distribution]], measure: str, repeats: int) -> Array:
    """Shape (lengths, calls): mean over repetitions of the pair's distance within each call."""
    values = [
        [lumped_distances(call[i], call[i + 1])[measure] for i in range(0, len(call), 2)]
        for call in calls
    ]
    by_length = np.array(values, dtype=np.float64).reshape(len(calls), -1, repeats)
    return np.asarray(by_length.mean(axis=2).T)


def _null(calls: Sequence[Sequence[Distribution]], measure: str, repeats: int) -> Array:
    """Shape (lengths, samples): distances between calls on the same prompt."""
    values = [
        [lumped_distances(a, b)[measure] for a, b in zip(one, other, strict=True)]
        for i, one in enumerate(calls)
        for other in calls[i + 1 :]
    ]
    split = np.array(values, dtype=np.float64).reshape(len(values), -1, 2 * repeats)
    return np.asarray(split.transpose(1, 0, 2).reshape(split.shape[1], -1))


def _even_growth(
    server: CompletionServer,
    kind: Kind,
    plan: ServedPlan,
    texts: Sequence[tuple[str, str]],
    repeats: int,
) -> pd.api.extensions.ExtensionArray:
    """Whether each pair's prompts differ by as many tokens as pieces; blank where unknown."""
    out: list[bool | None] = []
    for i, n in enumerate(plan.lengths):
        short, long = texts[i * repeats]
        counts = [server.tokens(text) for text in (short, long)]
        digits = ["0"] * n
        pieces = [len(kind.pieces(n, extra, digits)) for extra in (0, plan.step)]
        out.append(
            None
            if counts[0] is None or counts[1] is None
            else counts[1] - counts[0] == pieces[1] - pieces[0]
        )
    return pd.array(out, dtype="boolean")
