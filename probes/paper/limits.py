"""The paper's theorems, judged: on closed forms and untrained heads, and on the model itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .verdicts import Claim, Finding


def theory_findings(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A finding per lemma and proposition, from :func:`..theory.tables.theory_tables`."""
    return [
        _alternating(tables["b4_alternating"]),
        _depth(tables["b8_depth"]),
        _ratio(tables["p61_ratio"]),
        _counting(tables["c62_counting"]),
    ]


def _verdict(held: bool) -> Claim:
    return Claim.HELD if held else Claim.NOT_HELD


def _alternating(table: pd.DataFrame) -> Finding:
    apart = float((table.tv - table.closed_form).abs().max())
    return Finding(
        "Proposition B.4", "Alternating sequences keep a constant total variation.",
        "within 1e-9 of 2(e - 1)/(e + 1) at every even length: held; else did not hold",
        _verdict(apart < 1e-9), f"largest difference {apart:.1e}",
    )  # fmt: skip


def _depth(table: pd.DataFrame) -> Finding:
    last = table[table.depth == table.depth.max()]
    first, others = float(last["first"].min()), float(last[["middle", "last"]].max().max())
    return Finding(
        "Proposition 5.2", "With depth the bound's whole share goes to the first token.",
        "share of the first token at least 0.99, of the middle and last at most 0.01, at the "
        "greatest depth, every seed: held; else did not hold",
        _verdict(first >= 0.99 and others <= 0.01),
        f"{first:.4f} and {others:.1e} at {last.depth.iloc[0]} layers",
    )  # fmt: skip


def _ratio(table: pd.DataFrame) -> Finding:
    free, causal = (table[table.causal == c].linf for c in (False, True))
    return Finding(
        "Proposition 6.1", "Without encodings and mask only the ratio of symbols is seen.",
        "k ones and k zeros within 1e-9 of one each without the mask, beyond 1e-3 with it: held; "
        "else did not hold",
        _verdict(float(free.max()) < 1e-9 and float(causal.min()) > 1e-3),
        f"at most {free.max():.1e} without, at least {causal.min():.2g} with the mask",
    )  # fmt: skip


def _counting(table: pd.DataFrame) -> Finding:
    longest = int(table.longest.iloc[0])
    # Beyond the longest n tried: later than all that were found.
    first = table["first"].astype(float).fillna(longest + 1.0)
    middle = first.groupby(table.dtype).median()
    found = table["first"].notna().groupby(table.dtype).all()
    held = found["bfloat16"] and found["float16"]
    held = bool(held) and middle["bfloat16"] < middle["float16"] < middle["float32"]
    words = ", ".join(
        f"{d} {middle[d]:.0f}" if middle[d] <= longest else f"{d} beyond {longest}"
        for d in ("bfloat16", "float16", "float32")
    )
    return Finding(
        "Corollary 6.2 (one untrained head)",
        "In finite precision some n is stored like n + 1, the sooner the fewer bits.",
        "found with every seed in both 16-bit dtypes, and the median n rises with the bits of the "
        "mantissa: held; else did not hold",
        _verdict(held), f"median first n: {words}",
    )  # fmt: skip


def sensitivity_findings(profiles: pd.DataFrame) -> list[Finding]:
    """Theorem 5.1's shape and the U, from ``profiles`` of the trained model."""
    own = profiles[profiles.weights == "trained"] if len(profiles) else profiles
    return [_path_sum(own), _u_shape(own)]


def _path_sum(rows: pd.DataFrame) -> Finding:
    rule = (
        "median rank correlation of the spectral norm with the path sum at least 0.8 and median "
        "error at most half a power of ten, both without the ends: held; correlation below 0.3: "
        "did not hold; else, or where the architecture's path sum is not known, not testable"
    )
    claim = "The last state depends on each token as the path sum says."
    known = rows.dropna(subset=["rank_correlation_inner"]) if len(rows) else rows
    if not len(known):
        return Finding("Theorem 5.1", claim, rule, Claim.UNTESTABLE, "not measured")
    rho = float(known.rank_correlation_inner.median())
    error = float(known.log10_error_inner.median())
    verdict = Claim.UNTESTABLE
    if rho >= 0.8 and error <= 0.5:
        verdict = Claim.HELD
    elif rho < 0.3:
        verdict = Claim.NOT_HELD
    numbers = f"rank correlation {rho:.2f}, off by 10^{error:.2f}, {len(known)} prompts"
    return Finding("Theorem 5.1", claim, rule, verdict, numbers)


def _u_shape(rows: pd.DataFrame) -> Finding:
    rule = (
        "within the sequence, both outer tenths (without the very ends) above the central fifth in "
        "every prompt: held; in none: did not hold; else not testable"
    )
    claim = "Sensitivity is U-shaped: the middle of the sequence counts least."
    if not len(rows) or rows.middle.isna().any():
        return Finding("Section 5", claim, rule, Claim.UNTESTABLE, "not measured")
    share = float(rows.u_shaped.mean())
    verdict = {1.0: Claim.HELD, 0.0: Claim.NOT_HELD}.get(share, Claim.UNTESTABLE)
    early, late = (np.median(rows[c] / rows.middle) for c in ("early", "late"))
    numbers = (
        f"{int(rows.u_shaped.sum())} of {len(rows)} prompts; against the middle: early "
        f"{early:.2f}, late {late:.2f}"
    )
    return Finding("Section 5", claim, rule, verdict, numbers)


def sooner(horizon: pd.DataFrame) -> Finding:
    """Section 4: lower precision collapses sooner. Rows of one kind after the final norm."""
    rule = (
        "the bfloat16 horizon lies on the grid and float32's beyond it or later: held; float32's "
        "on the grid and not later: did not hold; neither on the grid: not testable"
    )
    claim = "With fewer bits the states collapse sooner (count_ones)."
    at = dict(zip(horizon.dtype, horizon.horizon.astype(float), strict=True))
    if not {"float32", "bfloat16"} <= set(at):
        return Finding("Section 4", claim, rule, Claim.UNTESTABLE, "not measured")
    longest = int(horizon.longest.max())
    words = [f"{d} {f'> {longest}' if np.isnan(n) else int(n)}" for d, n in at.items()]
    half, single = (at[d] if at[d] == at[d] else np.inf for d in ("bfloat16", "float32"))
    verdict = Claim.UNTESTABLE
    if np.isfinite([half, single]).any():
        verdict = _verdict(bool(half < single))
    return Finding("Section 4", claim, rule, verdict, f"horizons: {', '.join(words)}")
