"""Decoding, measured: pair test, read-out, logit lens, angles, shifts, and the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..folder import Parts, Tables
from ..pieces import Piece, joined, measured
from ..result import Progress, silent, within
from ..states.arithmetic import COST, DTYPES, parse_dtype
from ..states.head import digit_rows
from ..states.last_token import depth_names, last_token_states
from ..states.routes import Route, equivalent_routes, usable_routes
from ..states.subject import Loaded, Subject
from .answers import pair_log_odds
from .lens import lens_table, shift_table
from .prompts import ENDS, DecodingPlan, Unit, check_plan, units_of
from .readout import angle_table, read_out_table, sights
from .rows import answer_rows, pair_rows, project, rounding_alone, verdict_table
from .verdicts import SightVerdict

Array = NDArray[np.float64]

EXACT = "float64"
TABLES = ("decoding", "answers", "readout", "lens", "angles", "shifts")


@dataclass(frozen=True)
class DecodingTables:
    """What was found.

    Attributes:
        tables: ``decoding`` (pair test per kind, dtype, length, end of the prompt and depth),
            ``answers`` (per unit), ``readout``, ``lens``, ``angles``, ``shifts``, and
            ``verdicts``.
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
    for name in plan.dtypes:
        parse_dtype(name)
    models = Loaded(subject)
    units = {k: units_of(subject.tokenizer, k, plan, subject.context) for k in plan.kinds}
    dtypes = sorted(plan.dtypes, key=DTYPES.index)  # the most precise, the reference, first
    reference, total = dtypes[0], sum(COST.get(dtype, 1.0) for dtype in dtypes)
    share = COST.get(reference, 1.0)
    directions: dict[str, Array] = {}

    def piece(dtype: str, kind: str) -> Piece:
        return Piece(
            f"{kind} in {dtype}",
            f"decoding-{kind}-{dtype}",
            lambda told: _measure(
                models.at(parse_dtype(dtype)), subject, kind, dtype, units[kind],
                directions.get(kind), plan, told,
            ),
            "lower --chunk, --routes or --lengths",
            COST.get(dtype, 1.0),
        )  # fmt: skip

    def check(kind: str, lengths: set[int]) -> Piece:
        asked = [unit for unit in units[kind] if unit.length in lengths]
        return Piece(
            f"{kind} in {EXACT}, to see whether anything is there",
            f"decoding-{kind}-there-{'-'.join(map(str, sorted(lengths)))}",
            lambda told: _check(models.at(parse_dtype(EXACT)), subject, kind, asked, plan, told),
            "lower --chunk, --routes or --lengths",
        )

    failures: list[str] = []
    told = within(progress, 0, share, total)
    found = list(measured([piece(reference, k) for k in plan.kinds], parts, told, failures))
    if not found:
        raise InputError(f"nothing can be judged: {'; '.join(failures)}")
    for tables in found:
        kind = tables["answers"].kind.iloc[0]
        flat = tables["directions"].to_numpy()
        directions[kind] = flat.reshape(len(ENDS) * len(units[kind]), -1, flat.shape[1])
    # A kind without its reference is not measured further: nothing could be judged by.
    others = [piece(dtype, kind) for dtype in dtypes[1:] for kind in directions]
    told = within(progress, share, total - share, total)
    found += measured(others, parts, told, failures)
    whole = joined(found, TABLES)
    pairs, answers = whole["decoding"], whole["answers"]
    verdicts = verdict_table(pairs, answers, reference)
    unseen = verdicts[verdicts.verdict == SightVerdict.NEVER_ENCODED]
    if reference != EXACT and len(unseen):
        # What float32 cannot tell from rounding may be there all the same.
        asked = unseen.groupby("kind", sort=False).length.unique()
        checks = [check(str(kind), set(lengths)) for kind, lengths in asked.items()]
        found = list(measured(checks, parts, within(progress, 99, 1, 100), failures))
        exact = joined(found, TABLES[:1])["decoding"]
        verdicts = verdict_table(pairs, answers, reference, exact)
        whole["decoding"] = pd.concat([pairs, exact], ignore_index=True)
    whole["verdicts"] = verdicts
    return DecodingTables(whole, failures)


def _check(
    model: Any, subject: Subject, kind: str, units: list[Unit], plan: DecodingPlan, told: Progress
) -> Tables:
    """The pair test alone, in float64."""
    routes = _routes(model, subject, plan)
    return _pair_test(model, kind, EXACT, units, None, routes, told)[1]


def _routes(model: Any, subject: Subject, plan: DecodingPlan) -> list[Route]:
    routes = usable_routes(model, equivalent_routes(model.device.type, plan.chunk, plan.routes))
    if len(routes) < 2:
        raise InputError(f"{subject.name}: one route only: no numerics to hold out")
    return routes


def _pair_test(
    model: Any,
    kind: str,
    dtype: str,
    units: list[Unit],
    directions: Array | None,
    routes: Sequence[Route],
    progress: Progress,
) -> tuple[Array, Tables]:
    """States along the first route, and ``decoding``; ``directions`` too where they are made.

    The states have shape (2 pairs, depths, d_model), pairs being the units at either end.
    """
    # Every unit at both ends: the sequence that ends a prompt is read in passing.
    pairs = [unit.ending(at) for at in ENDS for unit in units]
    sequences = [short for short, _ in pairs] + [long for _, long in pairs]
    steps = len(routes) + 5

    def states(done: int) -> Array:
        """Shape (sequences, depths, d_model), in float64, along a route."""
        progress(f"{kind} in {dtype}: {routes[done].name}", done, steps)
        found = last_token_states(model, sequences, route=routes[done])
        return np.asarray(found.double().numpy())

    first = states(0)
    tables: Tables = {}
    if directions is not None:
        scores = [project(first, directions)]
        scores += [project(states(i), directions) for i in range(1, len(routes))]
    else:
        directions = first[len(pairs) :] - first[: len(pairs)]
        # Made along the first route, which is not tested.
        scores, noise = [], np.zeros(first.shape[:2])
        for i in range(1, len(routes)):
            found = states(i)
            noise = np.maximum(noise, np.linalg.norm(found - first, axis=-1))
            scores.append(project(found, directions))
        rounded = rounding_alone(directions, first, noise, float(np.finfo(dtype).eps))
        directions[rounded] = 0.0
        for scored in scores:
            scored[:, rounded] = 0.0
        flat = pd.DataFrame(directions.reshape(-1, directions.shape[-1]))
        tables["directions"] = flat.rename(columns=str)
    cell = {"kind": kind, "dtype": dtype}
    table = np.stack(scores, axis=-1).reshape(2, len(ENDS), len(units), -1, len(scores))
    tables["decoding"] = pd.concat(
        [
            pair_rows({**cell, "at": at}, units, table[:, end], depth_names(model))
            for end, at in enumerate(ENDS)
        ],
        ignore_index=True,
    )
    return first, tables


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
    routes = _routes(model, subject, plan)
    steps = len(routes) + 5
    first, tables = _pair_test(model, kind, dtype, units, directions, routes, progress)
    cell = {"kind": kind, "dtype": dtype}
    progress(f"{kind} in {dtype}: answers", len(routes), steps)
    odds = pair_log_odds(model, subject.tokenizer, units, plan.chunk)
    tables["answers"] = answer_rows(cell, units, odds)
    progress(f"{kind} in {dtype}: counts to {plan.read_out}", len(routes) + 1, steps)
    seen = sights(model, subject.tokenizer, kind, plan, subject.context, routes)
    progress(f"{kind} in {dtype}: read-outs of every depth", len(routes) + 3, steps)
    readout, probes = read_out_table(model, seen, plan.seed)
    digits = digit_rows(model, subject.tokenizer).numpy()
    tables["readout"] = readout.assign(**cell)
    tables["angles"] = angle_table(model, probes, digits).assign(**cell)
    progress(f"{kind} in {dtype}: logit lens and shifts", len(routes) + 4, steps)
    half = len(first) // 2
    answering = np.concatenate([first[: len(units)], first[half : half + len(units)]])
    lens = lens_table(model, subject.tokenizer, units, answering)
    tables["lens"] = lens.assign(**cell)
    shifts = shift_table(model, subject.tokenizer, units, answering, plan.seed)
    tables["shifts"] = shifts.assign(**cell)
    return tables
