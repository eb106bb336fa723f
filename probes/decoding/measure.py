"""Decoding, measured: pair test, read-out, logit lens, angles, shifts, and the verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..folder import Parts, Tables
from ..result import Progress, silent, within
from ..states.arithmetic import COST, DTYPES, out_of_memory, parse_dtype
from ..states.head import digit_rows
from ..states.last_token import depth_names, last_token_states
from ..states.routes import equivalent_routes, usable_routes
from ..states.subject import Loaded, Subject
from .answers import follows, pair_log_odds
from .lens import lens_table, shift_table
from .pair_test import Separation, separation, unit_auc
from .prompts import DecodingPlan, Unit, check_plan, units_of
from .readout import angle_table, read_out_table, sights
from .verdicts import sight_verdict

Array = NDArray[np.float64]

TOGETHER = ["auc", "low_together", "high_together", "d_prime", "units"]
TABLES = ("decoding", "answers", "readout", "lens", "angles", "shifts")


@dataclass(frozen=True)
class DecodingTables:
    """What was found.

    Attributes:
        tables: ``decoding`` (pair test per kind, dtype, length and depth), ``answers`` (per
            unit), ``readout``, ``lens``, ``angles``, ``shifts``, and ``verdicts``.
        failures: One line per part that memory did not hold.
    """

    tables: Tables
    failures: list[str] = field(default_factory=list)


def measure_decoding(
    subject: Subject,
    plan: DecodingPlan,
    progress: Progress = silent,
    parts: Parts | None = None,
) -> DecodingTables:
    """Measure every kind at every dtype.

    Args:
        subject: The model.
        plan: What to measure.
        progress: Told what is being measured.
        parts: Where finished kinds at a dtype are kept and found again.

    Raises:
        InputError: The plan does not fit the model, or names no reference dtype.
    """
    check_plan(plan)
    parts = parts or Parts()
    models = Loaded(subject)
    units = {k: units_of(subject.tokenizer, k, plan, subject.context) for k in plan.kinds}
    for name in plan.dtypes:
        parse_dtype(name)
    dtypes = sorted(plan.dtypes, key=DTYPES.index)  # the most precise, the reference, first
    work = [(dtype, kind) for dtype in dtypes for kind in plan.kinds]
    found: dict[str, list[pd.DataFrame]] = {table: [] for table in TABLES}
    directions: dict[str, Array] = {}
    failures: list[str] = []
    costs = [COST.get(dtype, 1.0) for dtype, _ in work]
    for i, (dtype, kind) in enumerate(work):
        told = within(progress, sum(costs[:i]), costs[i], sum(costs))
        told(f"{kind} in {dtype}", 0, 1)

        def part(dtype: str = dtype, kind: str = kind, told: Progress = told) -> Tables:
            model, pairs, ways = models.at(parse_dtype(dtype)), units[kind], directions.get(kind)
            return _measure(model, subject, kind, dtype, pairs, ways, plan, told)

        try:
            tables = parts.get(f"decoding-{kind}-{dtype}", part)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            failures.append(
                f"{kind} in {dtype} ran out of memory: lower --chunk, --routes or --lengths; what "
                "was finished before is kept"
            )
            if dtype == dtypes[0]:
                raise InputError(f"nothing can be judged: {failures[-1]}") from error
            continue
        if "directions" in tables:
            flat = tables.pop("directions").to_numpy()
            directions[kind] = flat.reshape(len(units[kind]), -1, flat.shape[1])
        for table, frame in tables.items():
            found[table].append(frame)
    whole = {
        table: pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        for table, frames in found.items()
    }
    whole["verdicts"] = verdict_table(whole["decoding"], whole["answers"], dtypes[0])
    return DecodingTables(whole, failures)


def _measure(
    model: Any,
    subject: Subject,
    kind: str,
    dtype: str,
    units: list[Unit],
    directions: Array | None,
    plan: DecodingPlan,
    progress: Progress,
) -> Tables:
    """One kind at one dtype; without directions it is the reference and makes them."""
    routes = usable_routes(model, equivalent_routes(model.device.type, plan.chunk, plan.routes))
    if len(routes) < 2:
        raise InputError(f"{subject.name}: one route only: no numerics to hold out")
    sequences = [u.short for u in units] + [u.long for u in units]
    steps = len(routes) + 5

    def states(done: int) -> Array:
        """Shape (sequences, depths, d_model), in float64, along a route."""
        progress(f"{kind} in {dtype}: {routes[done].name}", done, steps)
        found = last_token_states(model, sequences, route=routes[done])
        return np.asarray(found.double().numpy())

    first = states(0)
    tables: Tables = {}
    reference = directions is None
    if directions is None:
        directions = first[len(units) :] - first[: len(units)]
        flat = pd.DataFrame(directions.reshape(-1, directions.shape[-1]))
        tables["directions"] = flat.rename(columns=str)
    # The direction of the reference was made along its first route: that one is not tested.
    scores = [] if reference else [_project(first, directions)]
    scores += [_project(states(i), directions) for i in range(1, len(routes))]
    cell = {"kind": kind, "dtype": dtype}
    tables["decoding"] = _pair_rows(cell, units, np.stack(scores, axis=-1), depth_names(model))
    progress(f"{kind} in {dtype}: answers", len(routes), steps)
    odds = pair_log_odds(model, subject.tokenizer, units, plan.chunk)
    tables["answers"] = _answer_rows(cell, units, odds)
    progress(f"{kind} in {dtype}: counts to {plan.read_out}", len(routes) + 1, steps)
    seen = sights(model, subject.tokenizer, kind, plan, subject.context, routes)
    progress(f"{kind} in {dtype}: read-outs of every depth", len(routes) + 3, steps)
    readout, probes = read_out_table(model, seen, plan.seed)
    digits = digit_rows(model, subject.tokenizer).numpy()
    tables["readout"] = readout.assign(**cell)
    tables["angles"] = angle_table(model, probes, digits).assign(**cell)
    progress(f"{kind} in {dtype}: logit lens and shifts", len(routes) + 4, steps)
    tables["lens"] = lens_table(model, subject.tokenizer, units, first).assign(**cell)
    tables["shifts"] = shift_table(model, subject.tokenizer, units, first, plan.seed).assign(**cell)
    return tables


def _project(states: Array, directions: Array) -> Array:
    """Shape (2, units, depths): scores of the shorter and the longer prompts."""
    count = len(directions)
    pair = np.stack([states[:count], states[count:]])
    return np.asarray(np.einsum("puld,uld->pul", pair, directions, optimize=True))


def _pair_rows(
    cell: dict[str, str], units: list[Unit], scores: Array, depths: list[str]
) -> pd.DataFrame:
    """A row per length and depth; ``scores`` has shape (2, units, depths, routes)."""
    lengths = np.array([u.length for u in units])
    routes = scores.shape[-1]
    # Intervals that hold for all depths together (Bonferroni) judge what is encoded anywhere.
    together = 1 - 0.05 / len(depths)
    rows = []
    for length in dict.fromkeys(lengths.tolist()):
        own = lengths == length
        for d, name in enumerate(depths):
            aucs = unit_auc(scores[0, own, d], scores[1, own, d])
            found = separation(aucs, routes)
            wide = separation(aucs, routes, confidence=together)
            rows.append(
                {
                    **cell,
                    "length": length,
                    "depth": d,
                    "state": name,
                    **found._asdict(),
                    "routes": routes,
                    "low_together": wide.low,
                    "high_together": wide.high,
                }
            )
    return pd.DataFrame(rows)


def _answer_rows(cell: dict[str, str], units: list[Unit], odds: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **cell,
            "length": [u.length for u in units],
            "wording": [u.wording for u in units],
            "count": [u.count for u in units],
            "log_odds_short": odds[:, 0],
            "log_odds_long": odds[:, 1],
            "follows": follows(odds),
            "moves": odds[:, 1] > odds[:, 0],
        }
    )


def verdict_table(decoding: pd.DataFrame, answers: pd.DataFrame, reference: str) -> pd.DataFrame:
    """One verdict per kind, dtype and length.

    Args:
        decoding: The pair test, every depth.
        answers: The answers, every unit.
        reference: The dtype whose depths say whether anything was encoded.

    Returns:
        Columns kind, dtype, length, verdict, ``auc`` with ``low`` and ``high`` (the state that
        answers), ``follows`` and ``moves`` (shares of pairs), ``encoded_at`` (depths of the
        reference that decode the pair).
    """
    rows = []
    exact = decoding[decoding.dtype == reference]
    for (kind, dtype, length), group in decoding.groupby(["kind", "dtype", "length"], sort=False):
        depths = [
            Separation(row[0], row[1], row[2], row[3], int(row[4]))
            for row in exact.loc[(exact.kind == kind) & (exact.length == length), TOGETHER]
            .to_numpy()
            .tolist()
        ]
        last = group[group.depth == group.depth.max()].iloc[0]
        end = Separation(last.auc, last.low, last.high, last.d_prime, int(last.units))
        share = answers.loc[
            (answers.kind == kind) & (answers.dtype == dtype) & (answers.length == length),
            ["follows", "moves"],
        ].mean()
        rows.append(
            {
                "kind": kind,
                "dtype": dtype,
                "length": length,
                "verdict": str(sight_verdict(end, depths, float(share.follows))),
                "auc": end.auc,
                "low": end.low,
                "high": end.high,
                "follows": float(share.follows),
                "moves": float(share.moves),
                "encoded_at": sum(d.auc >= 0.75 and d.low > 0.5 for d in depths),
            }
        )
    return pd.DataFrame(rows)
