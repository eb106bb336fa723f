"""What to measure of collapse, and how distances per prompt become rows per length and depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..states.kinds import PAPER_KINDS
from ..states.pairs import PromptSet, Template
from ..theory.decay import decay_exponent
from .distances import HEAD_METRICS, STATE_METRICS
from .null_band import band_edge, find_horizon, inside_band

Array = NDArray[np.float64]

BANDED = ("linf", "rel_l2", "kl", "tv")
"""Measures that are quoted with their own null band; the verdict goes by ``linf``, the paper's."""


@dataclass(frozen=True)
class CollapsePlan:
    """What to measure.

    Attributes:
        kinds: Names of kinds of pairs (:data:`..states.pairs.KINDS`).
        lengths: Items n, in rising order.
        dtypes: Names of dtypes; ``float64`` is the reference.
        step: Pairs are n against n + step.
        repetitions: Draws of the random kinds.
        seed: Seed of the draws and of the bootstrap.
        template: ``none`` or ``chat``.
        bos: With, without, or None for the tokenizer's habit.
        chunk: Tokens per forward call; lower it when memory runs out.
    """

    kinds: tuple[str, ...] = PAPER_KINDS
    lengths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    dtypes: tuple[str, ...] = ("float64", "float32", "bfloat16")
    step: int = 1
    repetitions: int = 3
    seed: int = 0
    template: Template = "none"
    bos: bool | None = None
    chunk: int = 2048


class Rows:
    """Turns distances per prompt into rows per length and depth."""

    def __init__(self, prompts: PromptSet, depths: list[str], dtype: str, plan: CollapsePlan):
        self.plan, self.depths = plan, depths
        self.cell = {"kind": prompts.kind, "dtype": dtype, "step": plan.step}
        self.repetitions = len(prompts.pairs) // len(plan.lengths)
        self.tokens = [len(p.short) for p in prompts.pairs[:: self.repetitions]]

    def _by_length(self, parts: list[dict[str, Array]], name: str) -> Array:
        """Shape (depths, lengths, parts, members): the mean over repetitions.

        Signal and null alike are means over repetitions, so that like is compared with like.
        """
        stacked = np.stack([part[name] for part in parts])
        shape = (len(parts), -1, len(self.plan.lengths), self.repetitions, len(self.depths))
        values = stacked.reshape(shape).transpose(4, 2, 0, 1, 3)
        known = np.isfinite(values)
        total = np.where(known, values, 0.0).sum(axis=-1)
        count = known.sum(axis=-1)
        return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))

    def tables(
        self,
        signals: list[dict[str, Array]],
        across: list[dict[str, Array]],
        nulls: list[dict[str, Array]],
        routes: list[str],
    ) -> dict[str, pd.DataFrame]:
        """The three tables of :class:`CollapseTables` for one kind and dtype."""
        signal = {m: self._by_length(signals, m)[..., 0] for m in (*STATE_METRICS, *HEAD_METRICS)}
        between = self._by_length(across, "linf")[..., 0]
        null = {m: self._by_length(nulls, m) for m in BANDED}
        collapse, horizon, raw = [], [], []
        lengths = self.plan.lengths
        for d, depth in enumerate(self.depths):
            at = {**self.cell, "depth": d, "state": depth}
            flat = {m: null[m][d].reshape(len(lengths), -1) for m in BANDED}
            rows = pd.DataFrame({**at, "length": lengths, "tokens": self.tokens})
            rows["repetitions"] = self.repetitions
            for m in signal:
                rows[m] = np.median(signal[m][d], axis=-1)
            rows["linf_low"] = signal["linf"][d].min(axis=-1)
            rows["linf_high"] = signal["linf"][d].max(axis=-1)
            for m in BANDED:
                rows[f"null_{m}"] = band_edge(flat[m])
            rows["linf_across"] = np.median(between[d], axis=-1)
            rows["inside"] = inside_band(between[d], flat["linf"])
            collapse.append(rows)
            found = find_horizon(lengths, between[d], flat["linf"], seed=self.plan.seed)
            exponent = float("nan")
            if len(lengths) > 1:
                exponent = decay_exponent(lengths, rows["linf"]).value
            horizon.append({**at, **found._asdict(), "exponent": exponent})
            if d >= len(self.depths) - 2:
                raw += [self._raw(at, null, d, r, name) for r, name in enumerate(routes)]
        return {
            "collapse": pd.concat(collapse, ignore_index=True),
            "horizon": pd.DataFrame(horizon)
            .rename(columns={"value": "horizon"})
            .astype({"horizon": "Int64", "low": "Int64", "high": "Int64"}),
            "null": pd.concat(raw, ignore_index=True),
        }

    def _raw(
        self, at: dict[str, Any], null: dict[str, Array], depth: int, route: int, name: str
    ) -> pd.DataFrame:
        samples = null["linf"].shape[-1]
        frame = pd.DataFrame(
            {**at, "routes": name, "length": np.repeat(self.plan.lengths, samples)}
        )
        for m in BANDED:
            frame[m] = null[m][depth, :, route].ravel()
        return frame
