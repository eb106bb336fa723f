"""What to ask before paying for it: lengths, trials and what they will be able to show.

A plan for two models: how many trials, at which lengths, so that a ratio of L50 is shown with the
wanted power; or what a given budget can show. Where nothing is known of the models, the plan is
for a curve of typical width whose L50 lies in the middle of the lengths that may be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...support.threads import one_blas_thread
from ..curve.psychometric import CurveFamily, Psychometric
from .power import Alternative, detectable

TYPICAL_WIDTH = 2.0
"""Octaves over which sight is taken to fade where nothing is known."""

TYPICAL_AGREEMENT = 0.6
"""Share of prompts that decide both answers alike, where nothing is known."""

_AROUND = 1.25  # octaves about L50 in which pairs of similar models disagree
_MOST_TRIALS = 20_000
_FEW_LENGTHS = 12


@dataclass(frozen=True)
class Design:
    """A fixed design and what it can show.

    Attributes:
        lengths: Distinct lengths, increasing.
        trials: Trials at each length.
        ratio: Smallest ratio of L50, above 1, that it shows with probability `power`; infinity
            where none.
        difference: The difference of accuracy that this ratio makes over these trials.
        power: Probability with which the wanted ratio is shown.
        requests: Trials times lengths, for each of the two models.
        warnings: Why the design may not decide, in plain sentences.
    """

    lengths: tuple[int, ...]
    trials: int
    ratio: float
    difference: float
    power: float
    requests: int
    warnings: tuple[str, ...] = ()


def expected(
    lengths: Sequence[int],
    known: Psychometric | None = None,
    family: CurveFamily | None = None,
    agreement: float = TYPICAL_AGREEMENT,
) -> Alternative:
    """The models that a design is made for: as ``known`` from an earlier run, or typical ones."""
    if known is None:
        middle = float(np.mean(np.log2([min(lengths), max(lengths)])))
        known = Psychometric(family or CurveFamily(), middle, TYPICAL_WIDTH, 0.02)
    return Alternative(known, agreement)


@one_blas_thread
def assess(
    lengths: Sequence[int],
    trials: int,
    between: Alternative,
    *,
    ratio: float = 1.25,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Design:
    """What a design can show, with warnings where it cannot decide.

    Args:
        lengths: Distinct lengths, in items.
        trials: Trials at each.
        between: The models, from `expected`.
        ratio: Ratio of L50 that is to be shown, above 1.
        alpha: Level of the comparison.
        power: Probability with which it is to be shown.

    Raises:
        InputError: no length, no trial, a ratio that is not above 1, or a power outside (0, 1).
    """
    _check(lengths, ratio, power)
    if trials < 1:
        raise InputError(f"trials is {trials}; give at least 1 per length")
    n = np.unique(np.asarray(lengths, dtype=np.int64))
    pairs = np.full(n.size, trials)
    shift = float(np.log2(ratio))
    shown = between.either(n, pairs, shift, alpha=alpha)
    difference, smallest = detectable(between, n, pairs, alpha=alpha, power=power)
    said = _warnings(n, between, shown, smallest, ratio, power)
    return Design(tuple(n.tolist()), trials, smallest, difference, shown, trials * n.size, said)


@one_blas_thread
def plan(
    longest: int,
    *,
    shortest: int = 1,
    ratio: float = 1.25,
    power: float = 0.8,
    alpha: float = 0.05,
    budget: int | None = None,
    known: Psychometric | None = None,
    family: CurveFamily | None = None,
    agreement: float = TYPICAL_AGREEMENT,
) -> Design:
    """The cheapest design of a few that shows a ratio of L50 with the wanted power.

    The designs: log-spaced lengths over the whole range, two, four or eight to an octave; and,
    where a curve is known, four, eight or sixteen within 1.25 octaves of its L50, where pairs of
    similar models disagree. Of designs that ask as much, the one with more lengths shows more.

    Args:
        longest: Longest length that may be asked.
        shortest: Shortest.
        ratio: Ratio of L50 that is to be shown, above 1.
        power: Probability with which it is to be shown.
        alpha: Level of the comparison.
        budget: Requests that each model may be asked; with it the best design within is given,
            with a warning where it falls short.
        known: The curve of one model, where there is one.
        family: Sigmoid and chance level, where no curve is known.
        agreement: Share of prompts that decide both answers alike.

    Raises:
        InputError: not ``1 <= shortest < longest``, or a ratio, power or budget out of range.
    """
    if not 1 <= shortest < longest:
        raise InputError(f"lengths run from {shortest} to {longest}; give 1 <= shortest < longest")
    _check([shortest], ratio, power)
    grids = [_spaced(shortest, longest, per_octave) for per_octave in (2, 4, 8)]
    if known is not None:
        middle = float(np.exp2(known.threshold))
        around = float(np.exp2(_AROUND))
        ends = max(shortest, middle / around), min(longest, middle * around)
        if ends[0] < ends[1]:
            grids += [_spaced(*ends, per_octave) for per_octave in (4, 8, 16)]
    between = expected([shortest, longest], known, family, agreement)
    found = [
        assess(
            grid.tolist(),
            _trials(grid, between, ratio, alpha, power, budget),
            between,
            ratio=ratio,
            alpha=alpha,
            power=power,
        )
        for grid in grids
        if budget is None or budget >= grid.size
    ]
    if not found:
        raise InputError(
            f"budget is {budget} requests, and {min(g.size for g in grids)} lengths need one each;"
            " raise it, or test a shorter range"
        )
    enough = [d for d in found if d.power >= power - 0.03]
    if enough:
        return min(enough, key=lambda d: d.requests)
    return max(found, key=lambda d: d.power)


def _trials(
    lengths: NDArray[np.int64],
    between: Alternative,
    ratio: float,
    alpha: float,
    power: float,
    budget: int | None,
) -> int:
    """Trials per length that reach the power, at most what the budget allows."""
    most = _MOST_TRIALS // lengths.size if budget is None else budget // lengths.size
    shift = float(np.log2(ratio))

    def enough(trials: int) -> bool:
        pairs = np.full(lengths.size, trials)
        return between.either(lengths, pairs, shift, alpha=alpha) >= power

    low, high = 0, 1
    while high < most and not enough(high):
        low, high = high, 2 * high
    high = min(high, most)
    while high - low > max(1, low // 20):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(high, 1)


def _spaced(first: float, last: float, per_octave: int) -> NDArray[np.int64]:
    steps = max(1, round(float(np.log2(last / first)) * per_octave))
    return np.unique(np.rint(np.geomspace(first, last, steps + 1)).astype(np.int64))


def _warnings(
    lengths: NDArray[np.int64],
    between: Alternative,
    shown: float,
    smallest: float,
    ratio: float,
    power: float,
) -> tuple[str, ...]:
    said = []
    if shown < power - 0.03:
        best = f"{smallest:.3g}" if np.isfinite(smallest) else "no ratio at all"
        said.append(
            f"a ratio of L50 of {ratio:g} is shown in {shown:.0%} of comparisons, not {power:.0%};"
            f" these trials show {best} with that probability"
        )
    threshold = between.base.threshold
    near = np.abs(np.log2(lengths) - threshold) <= max(_AROUND, between.base.width / 2)
    if near.sum() < 2:
        said.append(
            f"fewer than two lengths lie near L50 ({np.exp2(threshold):.3g}), where models differ"
        )
    if lengths.size < _FEW_LENGTHS:
        said.append(
            f"with {lengths.size} lengths a difference can hardly be told from lengths that differ"
            " among themselves; more lengths with fewer trials each cost the same"
        )
    # Between neighbours there is nothing more to ask.
    gaps = np.diff(np.log2(lengths))[np.diff(lengths) > 1]
    if gaps.size and gaps.max() > np.log2(ratio):
        said.append(
            f"a model whose sight drops at once is known to one gap between lengths, up to a ratio"
            f" of {np.exp2(gaps.max()):.3g} here, however many trials there are"
        )
    return tuple(said)


def _check(lengths: Sequence[int], ratio: float, power: float) -> None:
    if not len(lengths):
        raise InputError("no length was given")
    if not ratio > 1:
        raise InputError(f"ratio is {ratio}; give one above 1, as 1.25")
    if not 0 < power < 1:
        raise InputError(f"power is {power}; give a probability, as 0.8")
