"""What decoding says of the paper's central claim, and of three papers of 2026."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .verdicts import Claim, Finding

GOOD = 0.99
"""R² of a read-out that recovers the count, after arXiv 2605.03258."""
FAILED = ["lost", "unread", "never encoded"]


def sight_findings(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A finding per claim.

    Args:
        tables: ``verdicts``, ``readout`` and ``angles`` of
            :func:`..decoding.measure.measure_decoding`, bfloat16 among the dtypes.
    """
    verdicts = tables["verdicts"]
    half = verdicts[(verdicts.dtype == "bfloat16") & verdicts.verdict.isin(FAILED)]
    readout = tables["readout"]
    readout = readout[(readout.dtype == "bfloat16") & (readout.kind == "count_ones")]
    return [
        _most("Corollary 6.2", "What fails to be counted is lost from the state.", half, "lost"),
        _most(
            "arXiv 2605.09239", "Counts are decodable, but the answer does not use them.", half,
            "unread",
        ),
        _recovered(readout, len(half)),
        _orthogonal(readout, tables["angles"]),
        _coarser(readout),
    ]  # fmt: skip


def _most(figure: str, claim: str, failed: pd.DataFrame, wanted: str) -> Finding:
    rule = (
        "of the lengths (count_ones and count_mixed, bfloat16) whose count is not read, at least "
        f"two thirds are {wanted}: held; at most one third: did not hold; else, or with fewer than "
        "3 such lengths, not testable"
    )
    counts = failed.verdict.value_counts()
    numbers = ", ".join(f"{n} {name}" for name, n in counts.items()) or "none that was not read"
    verdict = Claim.UNTESTABLE
    if len(failed) >= 3:
        share = float((failed.verdict == wanted).mean())
        verdict = _by(share, share >= 2 / 3, share <= 1 / 3)
    return Finding(figure, claim, rule, verdict, numbers)


def _by(value: float, held: bool, failed: bool) -> Claim:
    if value != value:
        return Claim.UNTESTABLE
    return Claim.HELD if held else Claim.NOT_HELD if failed else Claim.UNTESTABLE


def _held_out(readout: pd.DataFrame) -> pd.DataFrame:
    return readout[readout.condition == "interpolation"]


def _recovered(readout: pd.DataFrame, failed: int) -> Finding:
    """arXiv 2605.03258, its first half."""
    rule = (
        f"R² of the read-out of held-out n (count_ones, bfloat16) above {GOOD} at some layer, "
        "while at least 3 lengths are not read: held; below 0.9 at every layer: did not hold; else "
        "not testable"
    )
    claim = "A linear probe recovers the count that the answer misses."
    rows = _held_out(readout)
    best = float(rows.r2.max()) if len(rows) else float("nan")
    where = f" ({rows.state.iloc[int(rows.r2.to_numpy().argmax())]})" if len(rows) else ""
    verdict = _by(best, best > GOOD and failed >= 3, best < 0.9)
    numbers = f"best R² {best:.4f}{where}; {failed} lengths not read"
    return Finding("arXiv 2605.03258", claim, rule, verdict, numbers)


def _orthogonal(readout: pd.DataFrame, angles: pd.DataFrame) -> Finding:
    """arXiv 2605.03258, its second half."""
    rule = (
        "after the final norm, the cosine between the read-out's direction and the span of the "
        "digits' unembedding rows at most 1.5 times that of a random direction: held; at least 3 "
        "times: did not hold; else, or where the read-out's R² there is below 0.9, not testable"
    )
    claim = "The count's direction is nearly orthogonal to the digits' rows of the output head."
    rows = _held_out(readout)
    own = angles[(angles.dtype == "bfloat16") & (angles.kind == "count_ones")]
    last = own[own.state == "final norm"]
    good = rows[rows.state == "final norm"].r2.max() >= 0.9
    if not len(last):
        return Finding("arXiv 2605.03258", claim, rule, Claim.UNTESTABLE, "not measured")
    row = last.iloc[0]
    ratio = float(row.cosine_span / row.cosine_span_random)
    numbers = (
        f"{row.cosine_span:.3f} with the span, {row.cosine_largest:.3f} with the nearest row; "
        f"{row.cosine_span_random:.3f} for a random direction"
    )
    verdict = _by(ratio, ratio <= 1.5, ratio >= 3) if good else Claim.UNTESTABLE
    return Finding("arXiv 2605.03258", claim, rule, verdict, numbers)


def _coarser(readout: pd.DataFrame) -> Finding:
    """arXiv 2601.02989: counting is done across layers, so depth limits its precision."""
    rule = (
        "over all layers, the smallest error of reading held-out n (count_ones, bfloat16) is at "
        "least 1.5 times as large for the upper half of the counts as for the lower, and no "
        "shallower layer reaches it: held; not larger: did not hold; else, or where no layer's R² "
        "is above 0, not testable"
    )
    claim = "Counts grow across layers and get less precise as they get larger."
    rows = _held_out(readout).reset_index(drop=True)
    rows = rows[rows.r2 > 0]
    if not len(rows):
        return Finding("arXiv 2601.02989", claim, rule, Claim.UNTESTABLE, "no layer reads n")
    near, far = (
        rows.iloc[int(rows[column].to_numpy().argmin())] for column in ("mae_near", "mae_far")
    )
    numbers = (
        f"{near.mae_near:.2f} items in the lower half ({near.state}), {far.mae_far:.2f} in the "
        f"upper ({far.state})"
    )
    ratio = float(far.mae_far / near.mae_near) if near.mae_near > 0 else float("nan")
    verdict = _by(ratio, ratio >= 1.5 and far.depth >= near.depth, ratio <= 1)
    return Finding("arXiv 2601.02989", claim, rule, verdict, numbers)
