"""Representational collapse: how far apart n and n + 1 items are, against what rounding does.

Theorem 4.2 (B.3) of arXiv 2406.04267, measured: at every layer, per dtype, both members of a
pair along the identical route, beside the null band of the same prompts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..folder import Parts
from ..result import Progress, silent
from ..states.architecture import head_count, next_token_logits
from ..states.arithmetic import out_of_memory, parse_dtype
from ..states.last_token import depth_names, last_token_states, usable_routes
from ..states.pairs import PAPER_KINDS, PromptSet, Template, build_prompts, find_kind
from ..states.subject import Loaded, Subject
from ..theory.decay import decay_exponent
from .distances import HEAD_METRICS, STATE_METRICS, distribution_distances, state_distances
from .null_band import band_edge, find_horizon, inside_band, null_pairs, null_routes

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


@dataclass(frozen=True)
class CollapseTables:
    """What was found.

    Attributes:
        collapse: A row per kind, dtype, depth and length: distances (median over routes),
            null bands, whether the pair is inside, and where float64 was measured its distance.
        horizon: A row per kind, dtype and depth.
        null: Null distances of the last two depths, as measured.
        notes: How each kind's prompts were spelled.
        failures: One line for each part that memory did not hold.
    """

    collapse: pd.DataFrame = field(default_factory=pd.DataFrame)
    horizon: pd.DataFrame = field(default_factory=pd.DataFrame)
    null: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def joined(self, other: CollapseTables) -> CollapseTables:
        """These rows and another measurement's."""
        return CollapseTables(
            pd.concat([self.collapse, other.collapse], ignore_index=True),
            pd.concat([self.horizon, other.horizon], ignore_index=True),
            pd.concat([self.null, other.null], ignore_index=True),
            self.notes | other.notes,
            self.failures + other.failures,
        )


def measure_collapse(
    subject: Subject,
    plan: CollapsePlan,
    progress: Progress = silent,
    parts: Parts | None = None,
) -> CollapseTables:
    """Measure every kind at every dtype.

    Args:
        subject: The model.
        plan: What to measure.
        progress: Told what is being measured.
        parts: Where finished kinds at a dtype are kept and found again.

    Raises:
        InputError: The plan does not fit the model (lengths, dtypes, tokens), or the model's
            equivalent routes disagree in float64.
    """
    prompts = [
        build_prompts(
            subject.tokenizer,
            find_kind(kind),
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
    parts = parts or Parts()
    models = Loaded(subject)
    found: dict[str, list[pd.DataFrame]] = {part: [] for part in PARTS}
    failures = []
    work = [(dtype, parse_dtype(dtype), batch) for dtype in plan.dtypes for batch in prompts]
    for done, (name, dtype, batch) in enumerate(work):
        progress(f"{batch.kind} in {name}", done, len(work))

        def part(
            name: str = name, dtype: torch.dtype = dtype, batch: PromptSet = batch
        ) -> dict[str, pd.DataFrame]:
            return _measure(models.at(dtype), batch, name, plan)

        try:
            tables = parts.get(f"collapse-{batch.kind}-step{plan.step}-{name}", part)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            failures.append(
                f"{batch.kind} in {name} ran out of memory: lower --chunk (now {plan.chunk}) "
                "or the longest length; what was finished before is kept"
            )
            continue
        for table, frame in tables.items():
            found[table].append(frame)
    whole = {
        part: pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        for part, frames in found.items()
    }
    notes = {p.kind: p.note for p in prompts}
    return _with_reference(CollapseTables(**whole, notes=notes, failures=failures))


AGREEMENT = 1e-9
"""Most that equivalent routes may differ in float64, relative to the state."""


def _measure(
    model: Any, prompts: PromptSet, dtype: str, plan: CollapsePlan
) -> dict[str, pd.DataFrame]:
    """One kind at one dtype, along every route."""
    sequences = [p.short for p in prompts.pairs] + [p.long for p in prompts.pairs]
    routes = usable_routes(
        model, null_routes(model.device.type, plan.chunk, [len(s) for s in sequences])
    )
    heads = head_count(model)
    measure = _Comparer(model, heads)
    half = len(prompts.pairs)
    states = [last_token_states(model, sequences, route=route) for route in routes]
    signals = [measure(state[:half], state[half:]) for state in states]
    pairs = null_pairs(routes)
    nulls = [measure(states[i], states[j]) for i, j in pairs]
    for (i, j), null in zip(pairs, nulls, strict=True):
        # Two routes that are one computation to the bit are no sample of rounding, there.
        same = (states[i] == states[j]).flatten(1).all(dim=1).numpy()
        for metric in BANDED:
            null[metric][same] = np.nan
        if dtype == "float64" and not (np.nan_to_num(null["rel_l2"]) <= AGREEMENT).all():
            raise InputError(
                f"{type(model).__name__}: equivalent computations ({routes[i].name}, "
                f"{routes[j].name}) differ by {np.nanmax(null['rel_l2']):.1g} in float64: this "
                "architecture gives no state that a null band could be drawn around"
            )
    names = [f"{routes[i].name} / {routes[j].name}" for i, j in pairs]
    return _Grid(prompts, depth_names(model), dtype, plan).tables(signals, nulls, names)


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
        self, signals: list[dict[str, Array]], nulls: list[dict[str, Array]], routes: list[str]
    ) -> dict[str, pd.DataFrame]:
        """The three tables of :class:`CollapseTables` for one kind and dtype."""
        signal = {m: self._by_length(signals, m)[..., 0] for m in (*STATE_METRICS, *HEAD_METRICS)}
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
            rows["inside"] = inside_band(signal["linf"][d], flat["linf"])
            collapse.append(rows)
            found = find_horizon(lengths, signal["linf"][d], flat["linf"], seed=self.plan.seed)
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


def _with_reference(tables: CollapseTables) -> CollapseTables:
    """Add, per row, the float64 distance and whether a signal survives there."""
    table = tables.collapse
    if not len(table) or "float64" not in set(table.dtype):
        return tables
    keys = ["kind", "step", "depth", "length"]
    reference = table[table.dtype == "float64"][[*keys, "linf", "inside"]]
    reference = reference.rename(columns={"linf": "linf_float64", "inside": "inside_float64"})
    return replace(tables, collapse=table.merge(reference, on=keys, how="left"))


def headline(table: pd.DataFrame, state: str = "final norm") -> pd.DataFrame:
    """The rows of one state: what the paper's figures draw."""
    return table[table.state == state].reset_index(drop=True)
