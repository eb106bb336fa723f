"""Representational collapse: how far apart n and n + 1 items are, against what rounding does.

Theorem 4.2 (B.3) of arXiv 2406.04267, measured: at every layer, per dtype, both members of a
pair along the identical route, beside the null band of the same prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..states.last_token import depth_names, last_token_states
from ..states.pairs import Kind, PromptSet, Template, build_prompts
from ..states.subject import Subject, next_token_logits, out_of_memory, parse_dtype
from ..theory.decay import decay_exponent
from .distances import HEAD_METRICS, STATE_METRICS, distribution_distances, state_distances
from .null_band import band_edge, find_horizon, inside_band, null_routes

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]

BANDED = ("linf", "rel_l2", "kl", "tv")
"""Measures that are quoted with their own null band; the verdict goes by ``linf``, the paper's."""

PARTS = ("collapse", "horizon", "null")


@dataclass(frozen=True)
class CollapsePlan:
    """What to measure.

    Attributes:
        kinds: Kinds of pairs.
        lengths: Items n, in rising order.
        dtypes: Names of dtypes; ``float64`` is the reference.
        step: Pairs are n against n + step.
        repetitions: Draws of the random kinds.
        seed: Seed of the draws and of the bootstrap.
        template: ``none`` or ``chat``.
        bos: With, without, or None for the tokenizer's habit.
        chunk: Tokens per forward call; lower it when memory runs out.
    """

    kinds: tuple[Kind, ...]
    lengths: tuple[int, ...]
    dtypes: tuple[str, ...]
    step: int = 1
    repetitions: int = 5
    seed: int = 0
    template: Template = "none"
    bos: bool | None = None
    chunk: int = 2048


@dataclass
class CollapseTables:
    """What was measured.

    Attributes:
        collapse: A row per kind, dtype, depth and length.
        horizon: A row per kind, dtype and depth.
        null: The null distances at the last layer and after the final norm, one by one.
        notes: How the prompts of each kind were spelled.
        failures: One line for each kind and dtype that could not be finished.
    """

    collapse: pd.DataFrame = field(default_factory=pd.DataFrame)
    horizon: pd.DataFrame = field(default_factory=pd.DataFrame)
    null: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, part: CollapseTables) -> None:
        """Append another part's rows."""
        for name in PARTS:
            frames = [f for f in (getattr(self, name), getattr(part, name)) if len(f)]
            if frames:
                setattr(self, name, pd.concat(frames, ignore_index=True))


def measure_collapse(
    subject: Subject, plan: CollapsePlan, progress: Callable[[str], None] = lambda _: None
) -> CollapseTables:
    """Measure every kind at every dtype.

    Args:
        subject: The model.
        plan: What to measure.
        progress: Told what is being measured, one line each.

    Raises:
        InputError: The plan does not fit the model (lengths, dtypes, tokens).
    """
    prompts = [
        build_prompts(
            subject.tokenizer,
            kind,
            plan.lengths,
            context=subject.context,
            step=plan.step,
            repetitions=plan.repetitions,
            seed=plan.seed,
            template=plan.template,
            bos=plan.bos,
        )
        for kind in plan.kinds
    ]
    dtypes = [(name, parse_dtype(name)) for name in plan.dtypes]
    tables = CollapseTables(notes={p.kind: p.note for p in prompts})
    for name, dtype in dtypes:
        model = subject.load(dtype)
        for batch in prompts:
            progress(f"{batch.kind} in {name}")
            try:
                tables.add(_measure(model, batch, name, plan))
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                tables.failures.append(
                    f"{batch.kind} in {name} ran out of memory: lower --chunk (now {plan.chunk}) "
                    "or the longest length; what was finished before is kept"
                )
        del model
    return _with_reference(tables)


def _measure(model: Any, prompts: PromptSet, dtype: str, plan: CollapsePlan) -> CollapseTables:
    """One kind at one dtype, along every route."""
    sequences = [p.short for p in prompts.pairs] + [p.long for p in prompts.pairs]
    routes = null_routes(model.device.type, plan.chunk, [len(s) for s in sequences])
    heads = int(model.config.get_text_config().num_attention_heads)
    measure = _Comparer(model, heads)
    half = len(prompts.pairs)
    signals: list[dict[str, Array]] = []
    nulls: list[dict[str, Array]] = []
    reference: torch.Tensor | None = None
    for route in routes:
        states = last_token_states(model, sequences, route=route)
        signals.append(measure(states[:half], states[half:]))
        if reference is None:
            reference = states
        else:
            nulls.append(measure(reference, states))
    # A route that turned out the same computation to the bit says nothing about rounding.
    other = [i for i, null in enumerate(nulls) if null["linf"].any()] or list(range(len(nulls)))
    grid = _Grid(prompts, depth_names(model), dtype, plan)
    return grid.tables(signals, [nulls[i] for i in other], [routes[i + 1].name for i in other])


class _Comparer:
    """Distances at every depth, with those of the next-token distribution on the last one."""

    def __init__(self, model: Any, heads: int):
        self._model = model
        self._heads = heads

    def __call__(self, a: torch.Tensor, b: torch.Tensor) -> dict[str, Array]:
        """Arrays of shape (prompts, depths); head metrics are nan before the final norm."""
        out = state_distances(a, b, self._heads)
        for name in HEAD_METRICS:
            out[name] = np.full(out["linf"].shape, np.nan)
        # In slices: two float64 distributions over a large vocabulary per prompt.
        for start in range(0, len(a), 64):
            rows = slice(start, start + 64)
            pair = [next_token_logits(self._model, x[rows, -1]) for x in (a, b)]
            for name, value in distribution_distances(*pair).items():
                out[name][rows, -1] = value
        return out


class _Grid:
    """Turns distances per prompt into rows per length and depth."""

    def __init__(self, prompts: PromptSet, depths: list[str], dtype: str, plan: CollapsePlan):
        self.plan, self.depths = plan, depths
        self.cell = {"kind": prompts.kind, "dtype": dtype, "step": plan.step}
        self.repetitions = len(prompts.pairs) // len(plan.lengths)
        self.tokens = [len(p.short) for p in prompts.pairs[:: self.repetitions]]

    def _by_length(self, parts: list[dict[str, Array]], name: str) -> Array:
        """Shape (depths, lengths, parts, repetitions x members)."""
        stacked = np.stack([part[name] for part in parts])
        shape = (len(parts), -1, len(self.plan.lengths), self.repetitions, len(self.depths))
        split = stacked.reshape(shape).transpose(4, 2, 0, 3, 1)
        return split.reshape(*split.shape[:3], -1)

    def tables(
        self, signals: list[dict[str, Array]], nulls: list[dict[str, Array]], routes: list[str]
    ) -> CollapseTables:
        signal = {m: self._by_length(signals, m).mean(-1) for m in (*STATE_METRICS, *HEAD_METRICS)}
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
            rows["collapsed"] = inside_band(signal["linf"][d], flat["linf"])
            collapse.append(rows)
            found = find_horizon(lengths, signal["linf"][d], flat["linf"], seed=self.plan.seed)
            exponent = float("nan")
            if len(lengths) > 1:
                exponent = decay_exponent(lengths, rows["linf"]).value
            horizon.append({**at, **found._asdict(), "exponent": exponent})
            if d >= len(self.depths) - 2:
                raw += [self._raw(at, null, d, r, name) for r, name in enumerate(routes)]
        return CollapseTables(
            pd.concat(collapse, ignore_index=True),
            pd.DataFrame(horizon)
            .rename(columns={"value": "horizon"})
            .astype({"horizon": "Int64", "low": "Int64", "high": "Int64"}),
            pd.concat(raw, ignore_index=True),
        )

    def _raw(
        self, at: dict[str, Any], null: dict[str, Array], depth: int, route: int, name: str
    ) -> pd.DataFrame:
        samples = null["linf"].shape[-1]
        frame = pd.DataFrame({**at, "route": name, "length": np.repeat(self.plan.lengths, samples)})
        for m in BANDED:
            frame[m] = null[m][depth, :, route].ravel()
        return frame


def _with_reference(tables: CollapseTables) -> CollapseTables:
    """Add, per row, the float64 distance and whether a signal survives there."""
    table = tables.collapse
    if not len(table) or "float64" not in set(table.dtype):
        return tables
    keys = ["kind", "step", "depth", "length"]
    reference = table[table.dtype == "float64"][[*keys, "linf", "collapsed"]]
    reference = reference.rename(columns={"linf": "linf_float64", "collapsed": "collapsed_float64"})
    return replace(tables, collapse=table.merge(reference, on=keys, how="left"))


def headline(table: pd.DataFrame, state: str = "final norm") -> pd.DataFrame:
    """The rows of one state: what the paper's figures draw."""
    return table[table.state == state].reset_index(drop=True)
