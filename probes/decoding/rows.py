"""From scores and log odds to tables: the pair test by depth, the answers, and the verdicts."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .answers import follows
from .pair_test import Separation, separation, unit_auc
from .prompts import ENDS, Unit
from .verdicts import DECODABLE, SightVerdict, sight_verdict

Array = NDArray[np.float64]

TOGETHER = ["auc", "low_together", "high_together", "d_prime", "units"]


def project(states: Array, directions: Array) -> Array:
    """Scores of both members of each pair along its direction.

    Args:
        states: Shape (2 pairs, depths, d_model): shorter prompts first.
        directions: Shape (pairs, depths, d_model).

    Returns:
        Shape (2, pairs, depths): the shorter prompts', the longer ones'.
    """
    count = len(directions)
    pair = np.stack([states[:count], states[count:]])
    return np.asarray(np.einsum("puld,uld->pul", pair, directions, optimize=True))


ROUNDING = 4.0
"""A difference in the reference at most so many times what rounding does to a state is none."""


def rounding_alone(
    directions: Array, states: Array, noise: Array, epsilon: float
) -> NDArray[np.bool_]:
    """Where the difference of a pair is no larger than rounding makes it.

    Rounding repeats itself along routes, so that a direction made of nothing else finds itself
    again along the others, and the pair would look told apart.

    Args:
        directions: Shape (pairs, depths, d_model): differences along the first route.
        states: Shape (2 pairs, depths, d_model) along the first route: shorter prompts first.
        noise: Shape (2 pairs, depths): how far other routes come from these states.
        epsilon: Of the dtype: routes may be one computation to the bit.

    Returns:
        Shape (pairs, depths).
    """
    floor = np.maximum(noise, ROUNDING * epsilon * np.linalg.norm(states, axis=-1))
    count = len(directions)
    largest = np.maximum(floor[:count], floor[count:])
    return np.asarray(np.linalg.norm(directions, axis=-1) <= ROUNDING * largest)


def pair_rows(
    cell: dict[str, str], units: list[Unit], scores: Array, depths: list[str]
) -> pd.DataFrame:
    """A row per length and depth; ``scores`` has shape (2, units, depths, routes)."""
    lengths = np.array([u.length for u in units])
    routes = scores.shape[-1]
    # Intervals that hold for all depths and ends together (Bonferroni): encoded anywhere?
    together = 1 - 0.05 / (len(ENDS) * len(depths))
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


def answer_rows(cell: dict[str, str], units: list[Unit], odds: Array) -> pd.DataFrame:
    """A row per unit from its log odds, shape (units, 2)."""
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


def verdict_table(
    decoding: pd.DataFrame,
    answers: pd.DataFrame,
    reference: str,
    exact: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One verdict per kind, dtype and length.

    Args:
        decoding: The pair test, every depth.
        answers: The answers, every unit.
        reference: The dtype whose depths say whether anything was encoded.
        exact: The pair test in float64 where the reference is coarser and saw nothing: it has
            the last word, and where it is missing "never" cannot be said. None: not asked yet.

    Returns:
        Columns kind, dtype, length, verdict, ``auc`` with ``low`` and ``high`` (the state that
        answers, after the final norm), the same of the sequence's last item (``auc_last_item``,
        ...), ``follows`` and ``moves`` (shares of pairs), ``encoded_at`` (depths of the reference
        that decode the pair, over both ends).
    """
    rows = []
    coarse = decoding[decoding.dtype == reference]
    for (kind, dtype, length), group in decoding.groupby(["kind", "dtype", "length"], sort=False):
        depths = _depths(coarse, kind, length)
        checked = _depths(exact, kind, length) if exact is not None and len(exact) else []
        last = group[group.depth == group.depth.max()].set_index("at")
        end, item = (
            Separation(row.auc, row.low, row.high, row.d_prime, int(row.units))
            for row in (last.loc[at] for at in ENDS)
        )
        share = answers.loc[
            (answers.kind == kind) & (answers.dtype == dtype) & (answers.length == length),
            ["follows", "moves"],
        ].mean()
        verdict = sight_verdict(end, checked or depths, float(share.follows))
        if exact is not None and not checked and verdict == SightVerdict.NEVER_ENCODED:
            verdict = SightVerdict.UNTESTABLE
        depths = checked or depths
        rows.append(
            {
                "kind": kind,
                "dtype": dtype,
                "length": length,
                "verdict": str(verdict),
                "auc": end.auc,
                "low": end.low,
                "high": end.high,
                "auc_last_item": item.auc,
                "low_last_item": item.low,
                "high_last_item": item.high,
                "follows": float(share.follows),
                "moves": float(share.moves),
                "encoded_at": sum(d.auc >= DECODABLE and d.low > 0.5 for d in depths),
            }
        )
    return pd.DataFrame(rows)


def _depths(table: pd.DataFrame, kind: Hashable, length: Hashable) -> list[Separation]:
    """Every depth at both ends, with the intervals that hold for all of them together."""
    own = table.loc[(table.kind == kind) & (table.length == length), TOGETHER]
    return [
        Separation(auc, low, high, d_prime, int(units))
        for auc, low, high, d_prime, units in own.to_numpy().tolist()
    ]
