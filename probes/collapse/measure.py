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
from ..pieces import Piece, joined, measured
from ..result import Progress, silent
from ..states.architecture import head_count
from ..states.arithmetic import COST, parse_dtype
from ..states.head import next_token_logits
from ..states.kinds import find_kind
from ..states.last_token import depth_names, last_token_states
from ..states.pairs import PromptSet, build_prompts
from ..states.routes import usable_routes
from ..states.subject import Loaded, Subject
from .distances import HEAD_METRICS, distribution_distances, state_distances
from .null_band import null_pairs, null_routes
from .rows import BANDED, CollapsePlan, Rows

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]

PARTS = ("collapse", "horizon", "null")


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
    models = Loaded(subject)

    def piece(name: str, batch: PromptSet) -> Piece:
        dtype = parse_dtype(name)
        return Piece(
            f"{batch.kind} in {name}",
            f"collapse-{batch.kind}-step{plan.step}-{name}",
            lambda told: _measure(models.at(dtype), batch, name, plan, told),
            f"lower --chunk (now {plan.chunk}) or the longest length",
            COST.get(name, 1.0) * len(batch.pairs),
        )

    failures: list[str] = []
    pieces = [piece(name, batch) for name in plan.dtypes for batch in prompts]
    whole = joined(measured(pieces, parts, progress, failures), PARTS)
    notes = {p.kind: p.note for p in prompts}
    return _with_reference(CollapseTables(**whole, notes=notes, failures=failures))


AGREEMENT = 1e-9
"""Most that equivalent routes may differ in float64, relative to the state."""


def _measure(
    model: Any, prompts: PromptSet, dtype: str, plan: CollapsePlan, progress: Progress
) -> dict[str, pd.DataFrame]:
    """One kind at one dtype, along every route."""
    sequences = [p.short for p in prompts.pairs] + [p.long for p in prompts.pairs]
    tokens = [len(s) for s in sequences]
    routes = usable_routes(
        model, null_routes(model.device.type, plan.chunk, tokens, exact=dtype == "float64")
    )
    heads = head_count(model)
    measure = _Comparer(model, heads)
    half = len(prompts.pairs)
    states = []
    for done, route in enumerate(routes):
        progress(f"{prompts.kind} in {dtype}: {route.name}", done, len(routes) + 1)
        states.append(last_token_states(model, sequences, route=route))
    progress(f"{prompts.kind} in {dtype}: distances", len(routes), len(routes) + 1)
    signals = [measure(state[:half], state[half:]) for state in states]
    pairs = null_pairs(routes)
    nulls = [measure(states[i], states[j]) for i, j in pairs]
    across = [
        {"linf": state_distances(states[a][:half], states[b][half:], heads)["linf"]}
        for i, j in pairs
        for a, b in ((i, j), (j, i))
    ]
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
    return Rows(prompts, depth_names(model), dtype, plan).tables(signals, across, nulls, names)


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
