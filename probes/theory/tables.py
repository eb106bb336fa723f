"""The theory bench: every synthetic experiment of the paper as a table, with seeds and intervals.

Each function returns a long table; :func:`theory_tables` returns them all by name. Lengths and
set-ups are the paper's where it gives them (column ``paper`` marks its own cells).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..folder import Parts, Tables
from ..result import Progress, silent
from . import closed_forms as theory
from .decay import decay_exponent, mean_interval
from .finite_counting import shared_counts
from .toy_attention import Encoding, Head, repeat_shift

FIG8_LENGTHS = (5, 10, 100, 500, 1000, 5000, 10000)
FIG9_LENGTHS = (500, 750, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 10000)
FIG10_LENGTHS = (5, 10, 100, 500, 1000, 5000)
ENCODINGS: tuple[Encoding, ...] = ("sinusoidal", "rope", "alibi", "nope")
SCALES = (0.1, 0.3, 1.0, 3.0, 10.0)
SLOPES = tuple(2.0**-k for k in range(1, 9))
"""ALiBi's own slopes for eight heads (Press et al. 2022), and so the sweep's."""
PAPER_SLOPES = (2.0**-1, 2.0**-4, 2.0**-8)
"""Slopes drawn in Figure 10: the paper names none, and the slope decides what is seen.

A head of slope m looks back about 1 / m tokens: on a grid up to 5000 only the least decays.
"""
ALIBI_SLOPE = PAPER_SLOPES[-1]
"""The slope at which logit scales are swept."""


def _curve(values: NDArray[np.float64], lengths: Sequence[int]) -> pd.DataFrame:
    mean, low, high = mean_interval(values)
    return pd.DataFrame(
        {
            "length": lengths,
            "mean": mean,
            "low": low,
            "high": high,
            "min": values.min(axis=0),
            "max": values.max(axis=0),
        }
    )


def softmax_decay(seeds: int = 5) -> pd.DataFrame:
    """Figure 9 (Lemma B.2): total variation against length, mean with interval, min and max."""
    values = np.array(
        [[theory.perturbed_softmax_tv(n, seed=s) for n in FIG9_LENGTHS] for s in range(seeds)]
    )
    return _curve(values, FIG9_LENGTHS)


def sinusoidal_convergence(seeds: int = 20, dim: int = 64) -> pd.DataFrame:
    """Figure 8: the L1 and L-infinity shift under sinusoidal encodings, q, k, v ~ N(0, 1/d)."""
    head = Head("sinusoidal")
    shifts = np.array(
        [
            [repeat_shift(head, n, seed=s, std=dim**-0.5, normalise=False) for n in FIG8_LENGTHS]
            for s in range(seeds)
        ]
    )
    return pd.concat(
        [
            _curve(shifts[..., i], FIG8_LENGTHS).assign(norm=norm)
            for i, norm in enumerate(("L1", "Linf"))
        ],
        ignore_index=True,
    )


def sweep_cells() -> list[Head]:
    """The cells of the Figure 10 sweep: every encoding by logit scale, ALiBi by slope as well."""
    cells = [
        Head(encoding, scale, ALIBI_SLOPE if encoding == "alibi" else 0.0)
        for encoding in ENCODINGS
        for scale in SCALES
    ]
    others = [slope for slope in (0.0, *SLOPES) if slope != ALIBI_SLOPE]
    return cells + [Head("alibi", 1.0, slope) for slope in others]


def is_paper_cell(head: Head) -> bool:
    """Whether a cell is the paper's own panel of Figure 10: logits as they come."""
    return head.scale == 1.0 and (head.encoding != "alibi" or head.slope in PAPER_SLOPES)


def encoding_sweep(
    seeds: int = 20, heads: Iterable[Head] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figure 10 as one row of a sweep.

    Args:
        seeds: Random draws of q, k, v per point.
        heads: The cells; by default :func:`sweep_cells`.

    Returns:
        The L1 curves (cell, length), and per cell the decay exponent fitted from length 10 on,
        with its interval.
    """
    cells = list(sweep_cells() if heads is None else heads)
    # Every cell on the same draw before the next one is made.
    shifts = np.array(
        [
            [[repeat_shift(head, n, seed=s).l1 for head in cells] for n in FIG10_LENGTHS]
            for s in range(seeds)
        ]
    )
    curves, fits = [], []
    for i, head in enumerate(cells):
        cell = {**head._asdict(), "paper": is_paper_cell(head)}
        values = shifts[..., i]
        curves.append(_curve(values, FIG10_LENGTHS).assign(**cell))
        fits.append({**cell, **decay_exponent(FIG10_LENGTHS[1:], values[:, 1:])._asdict()})
    return (
        pd.concat(curves, ignore_index=True),
        pd.DataFrame(fits).rename(columns={"value": "exponent"}),
    )


def alternating(lengths: Sequence[int] = (2, 10, 100, 1000, 10000)) -> pd.DataFrame:
    """Proposition B.4: total variation of the alternating pair beside its closed form."""
    return pd.DataFrame(
        {
            "length": lengths,
            "tv": [theory.alternating_tv(n) for n in lengths],
            "closed_form": theory.ALTERNATING_TV,
        }
    )


def depth_limit(
    seeds: int = 5, n: int = 64, depths: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
) -> pd.DataFrame:
    """Proposition 5.2: the bound's share on the first token, by depth, and the rate's bound."""
    rows = []
    for seed in range(seeds):
        attention = theory.random_causal_attention(n, seed=seed)
        rate = theory.mixing_rate(attention)
        for depth in depths:
            row = theory.deep_sensitivity(attention, depth)
            rows.append(
                {
                    "seed": seed,
                    "depth": depth,
                    "first": row[0],
                    "middle": row[n // 2],
                    "last": row[-1],
                    "rate": rate,
                }
            )
    return pd.DataFrame(rows)


def ratio_blindness(seeds: int = 5, base: tuple[int, int] = (1, 1)) -> pd.DataFrame:
    """Proposition 6.1: states of k ones and k zeros against '10', with and without the mask.

    ``other_ratio`` is the control: the state of '110' against '10', which differs either way.
    """
    rows = []
    for seed in range(seeds):
        for causal in (False, True):
            states = {
                counts: theory.two_symbol_states(counts, seed=seed, causal=causal)
                for counts in [base, (2, 1), *[(k, k) for k in (2, 4, 8, 16, 32)]]
            }
            control = float(np.abs(states[2, 1] - states[base]).max())
            rows += [
                {
                    "seed": seed,
                    "causal": causal,
                    "copies": k,
                    "linf": float(np.abs(states[k, k] - states[base]).max()),
                    "other_ratio": control,
                }
                for k in (2, 4, 8, 16, 32)
            ]
    return pd.DataFrame(rows)


def counting_limits(seeds: int = 20, longest: int = 20000) -> pd.DataFrame:
    """Corollary 6.2: per dtype and seed, where n and n + 1 come to share one stored state.

    Blank where that lies beyond ``longest``.
    """
    return pd.DataFrame(
        [
            {
                "dtype": dtype,
                "seed": seed,
                "longest": longest,
                **shared_counts(dtype, seed=seed, longest=longest)._asdict(),
            }
            for dtype in ("float16", "bfloat16", "float32")
            for seed in range(seeds)
        ]
    ).astype({"first": "Int64", "half": "Int64"})


def theory_tables(
    seeds: int = 20, progress: Progress = silent, parts: Parts | None = None
) -> Tables:
    """Every table of the bench by name.

    Args:
        seeds: Draws per random point.
        progress: Told what is being computed.
        parts: Where finished tables are kept and found again.
    """
    parts = parts or Parts()
    tables: Tables = {}
    benches: dict[str, Callable[[], Tables]] = {
        "fig10": lambda: dict(
            zip(("fig10_sweep", "fig10_exponents"), encoding_sweep(seeds), strict=True)
        ),
        "fig8": lambda: {"fig8_sinusoidal": sinusoidal_convergence(seeds)},
        "fig9": lambda: {"fig9_softmax": softmax_decay(max(5, seeds))},
        "b4": lambda: {"b4_alternating": alternating()},
        "b8": lambda: {"b8_depth": depth_limit(seeds)},
        "p61": lambda: {"p61_ratio": ratio_blindness(seeds)},
        "c62": lambda: {"c62_counting": counting_limits(seeds)},
    }
    for done, (name, compute) in enumerate(benches.items()):
        progress(f"theory: {name}", done, len(benches))
        tables |= parts.get(f"theory-{name}", compute)
    return tables
