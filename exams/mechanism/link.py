"""Mechanism and gain over lenses: one row per lens, and rank correlations with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]

MEASURES: Mapping[str, str] = {
    "distance": "octaves of distance, n to n + 1",
    "distance_group": "octaves of distance, n to n + k",
    "told": "n told from n + 1",
    "told_group": "n told from n + k",
    "dispersion": "dispersion of attention",
    "on_first": "weight of the first token",
}
"""What a lens may change, each as its change against no lens."""

FEWEST = 5
"""Lenses from which on a correlation over them is quoted."""
_EXACT = 8
_DRAWS = 20_000
_RESAMPLES = 2_000


def by_lens(table: pd.DataFrame, gains: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per lens: what it changes inside, and what it gains.

    Args:
        table: rows of :func:`~snellen.exams.mechanism.measure.measure_lens` for every lens, and
            for ``none``.
        gains: by lens, ``gain``, ``low`` and ``high`` in octaves of L50, and ``share``: of the
            questions that both were asked, those that it alone got right less those that it alone
            got wrong.

    Returns:
        Columns ``lens``, those of :data:`MEASURES` (less the same of no lens; the logarithm to
        base 2 of the ratio for distances, mean over lengths of the median over questions), and
        those of ``gains``.
    """
    found = {str(lens): _means(rows) for lens, rows in table.groupby("lens", sort=False)}
    base = found["none"]
    return pd.DataFrame(
        [
            {"lens": lens, **{name: own[name] - base[name] for name in MEASURES}, **gains[lens]}
            for lens, own in found.items()
            if lens != "none"
        ]
    )


def _means(rows: pd.DataFrame) -> dict[str, float]:
    tiny = np.finfo(float).tiny
    medians = rows.groupby("length")[["distance", "distance_group"]].median().clip(lower=tiny)
    logs = np.log2(medians).mean()
    rest = rows[["told", "told_group", "dispersion", "on_first"]].astype(float).mean()
    return {str(name): float(value) for name, value in pd.concat([logs, rest]).items()}


def correlations(lenses: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Spearman's correlation over lenses of each measure with what was gained.

    Args:
        lenses: from :func:`by_lens`.
        seed: of bootstrap and permutation.

    Returns:
        A row per measure and kind of gain (``octaves``, ``share``): ``lenses`` that have both,
        ``rho``, its 95 % interval ``low`` to ``high`` (bootstrap over lenses), and ``p`` (of all
        permutations up to 8 lenses, of 20,000 drawn ones above). Blank where there are fewer than
        5 lenses, or one of the two does not vary: ``reason`` says so.
    """
    rows = []
    for name in MEASURES:
        for kind, column in (("octaves", "gain"), ("share", "share")):
            known = lenses[[name, column]].astype(float).dropna().to_numpy()
            rows.append({"measure": name, "gain": kind, **_spearman(known, seed)})
    return pd.DataFrame(rows)


def _spearman(pairs: Array, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = {"lenses": len(pairs)}
    blank = dict.fromkeys(("rho", "low", "high", "p"), math.nan)
    if len(pairs) < FEWEST:
        return found | blank | {"reason": f"fewer than {FEWEST} lenses have both"}
    if min(np.ptp(pairs, axis=0)) == 0:
        return found | blank | {"reason": "it is the same for all lenses"}
    x, y = (rankdata(column) for column in pairs.T)
    rho = float(_correlation(x, y))
    rng = np.random.default_rng(seed)
    drawn = pairs[rng.integers(len(pairs), size=(_RESAMPLES, len(pairs)))]
    varied = (np.ptp(drawn, axis=1) > 0).all(axis=1)
    resampled = _correlation(*(rankdata(drawn[varied, :, side], axis=1) for side in (0, 1)))
    low, high = np.quantile(resampled, [0.025, 0.975])
    if len(y) <= _EXACT:
        orders = np.array(list(permutations(y)))
    else:
        orders = rng.permuted(np.tile(y, (_DRAWS, 1)), axis=1)
    p = float(np.mean(np.abs(_correlation(x, orders)) >= abs(rho) - 1e-12))
    return found | {"rho": rho, "low": float(low), "high": float(high), "p": p, "reason": ""}


def _correlation(x: Array, y: Array) -> Array:
    """Pearson's correlation along the last axis."""
    x, y = (z - z.mean(axis=-1, keepdims=True) for z in (x, y))
    size = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    return np.asarray((x * y).sum(axis=-1) / size)
