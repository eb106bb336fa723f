"""Rows about single curves: does the interval hold, and is nothing quoted without ground?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from observers import (
    FAMILY,
    LONGEST,
    OCTAVES,
    SEED,
    Row,
    Share,
    adaptive,
    answered,
    covers,
    generators,
    grid,
    share_of,
    smooth,
)
from scipy.stats import binom
from snellen.stats.acuity import measure, measure_together
from snellen.stats.curve.posterior import posterior
from snellen.stats.curve.spread import NONE, PRIOR, draw
from snellen.stats.error_sizes import error_summary
from snellen.stats.tally import Tally


@cache
def fixed(lengths: int, trials: int, spread: float, observers: int) -> list[tuple[bool, bool]]:
    """Of each observer on a fixed design: is L50 covered, and is there a warning?"""
    found = []
    for rng in generators(observers, SEED):
        observer = smooth(rng)
        said = answered(observer, lengths, trials, spread, rng)
        found.append((covers(said.l50, 2**observer.threshold), bool(said.warnings)))
    return found


def coverage(lengths: int, trials: int, spread: float) -> Callable[[int], Share]:
    return lambda observers: share_of(
        [held for held, _ in fixed(lengths, trials, spread, observers)]
    )


def anywhere(observers: int) -> Share:
    """L50 from two octaves below the chart to two above: an open end where it lies outside."""
    held = []
    for rng in generators(observers, SEED):
        observer = smooth(rng, inside=-2.0)
        l50 = answered(observer, 21, 20, 0.0, rng).l50
        truth, (low, high) = 2**observer.threshold, l50.interval
        if l50.reason is not None:
            held.append(True)
        elif truth > LONGEST:
            held.append(bool(high == np.inf))
        else:
            held.append(bool(low == 0) if truth < 1 else low <= truth <= high)
    return share_of(held)


def together(spread: float) -> Callable[[int], Share]:
    """Eight curves of one model, measured together; of each eight observers."""

    def run(observers: int) -> Share:
        held: list[bool] = []
        n, m = grid(21), np.full(21, 20)
        for rng in generators(max(1, observers // 8), SEED):
            eight = [smooth(rng) for _ in range(8)]
            m = np.full(n.size, 20)
            counts = [
                draw(np.clip(o.accuracy(n), 1e-9, 1 - 1e-9), m, spread, 1, rng)[0] for o in eight
            ]
            found = measure_together([(n, k, m) for k in counts])
            held += [covers(r.l50, 2**o.threshold) for r, o in zip(found, eight, strict=True)]
        return share_of(held)

    return run


def silent(spread: float) -> Callable[[int], Share]:
    return lambda observers: share_of(
        [not held and not warned for held, warned in fixed(21, 20, spread, observers)]
    )


def refused_or_warned(observers: int) -> Share:
    """Smooth observers that fall inside the chart, without any effect of the lengths."""
    told = []
    for rng in generators(observers, SEED):
        found = answered(smooth(rng, inside=2.0), 21, 20, 0.0, rng)
        told.append(found.reason is not None or bool(found.warnings))
    return share_of(told)


def width_cost(observers: int) -> float:
    ratios = []
    n = grid(21)
    m = np.full(n.size, 20)
    for rng in generators(observers, SEED):
        tally = Tally.of(n, rng.binomial(m, smooth(rng, inside=2.0).accuracy(n)), m)
        wide, narrow = (
            np.diff(
                np.log2(posterior(tally, FAMILY, prior=prior).distribution(0.5).interval(0.95))
            )[0]
            for prior in (PRIOR, NONE)
        )
        ratios.append(wide / narrow)
    return float(np.median(ratios))


def steps(trials: int) -> Callable[[int], Share]:
    """All right up to some length, all wrong from it on; the length is anywhere."""

    def run(observers: int) -> Share:
        n = grid(11)
        held = []
        for rng in generators(observers, SEED):
            truth = float(np.exp2(rng.uniform(1, 9)))
            found = measure(n, np.where(n < truth, trials, 0), np.full(n.size, trials))
            held.append(covers(found.l50, truth))
        return share_of(held)

    return run


def closed(p: NDArray[np.float64], trials: int = 30) -> Callable[[int], Share]:
    """How often a closed interval of L50 is quoted for such accuracies at `OCTAVES`."""

    def run(observers: int) -> Share:
        said = []
        for rng in generators(observers, SEED):
            m = np.full(OCTAVES.size, trials)
            l50 = measure(OCTAVES, rng.binomial(m, p), m).l50
            said.append(l50.interval.low > 0 and bool(np.isfinite(l50.interval.high)))
        return share_of(said)

    return run


def staircase(observers: int) -> Share:
    """Right to 8, half right from 16 to 64, wrong beyond: any quoted interval reaches that part."""
    p = np.array([0.98] * 4 + [0.5] * 3 + [0.02] * 3)
    held = []
    for rng in generators(observers, SEED):
        m = np.full(OCTAVES.size, 30)
        l50 = measure(OCTAVES, rng.binomial(m, p), m).l50
        low, high = l50.interval
        held.append(l50.reason is not None or (low <= 64 and high >= 16))
    return share_of(held)


def blind_guesser(observers: int) -> Share:
    """Always the likeliest count of ones among n symbols that are ones with P = 0.7."""
    best = np.array([binom.pmf(np.arange(n + 1), n, 0.7).max() for n in OCTAVES])
    said = []
    for rng in generators(observers, SEED):
        m = np.full(OCTAVES.size, 10)
        l50 = measure(OCTAVES, rng.binomial(m, best), m, chance=best).l50
        said.append(l50.reason is None)
    return share_of(said)


def adaptive_coverage(spread: float) -> Callable[[int], Share]:
    def run(observers: int) -> Share:
        held = []
        for rng in generators(observers, SEED):
            observer = smooth(rng)
            low, high = adaptive(observer, spread, rng).state.interval()
            held.append(low <= 2**observer.threshold <= high)
        return share_of(held)

    return run


def batches(observers: int) -> float:
    """Trials of batches of up to 64, sized by what is still to be learnt, over those of 16."""
    spent = []
    for rng in generators(observers, SEED):
        observer, seed = smooth(rng), int(rng.integers(2**31))
        spent.append(
            [
                adaptive(
                    observer, 0.0, np.random.default_rng(seed), parallel=n, speculative=n > 16
                ).state.tally.total
                for n in (64, 16)
            ]
        )
    large, small = np.array(spent).sum(axis=0)
    return float(large / small)


def errors(observers: int) -> Share:
    """Ten errors with tails as heavy as Cauchy's: the interval of their 90th percentile."""
    truth = float(np.tan(0.45 * np.pi))
    held = []
    for rng in generators(observers, SEED):
        low, high = error_summary(np.abs(rng.standard_cauchy(10))).p90.interval
        held.append(low <= truth <= high)
    return share_of(held)


CURVES: dict[str, Row] = {
    "smooth, 21 lengths x 20: L50 covered": Row(coverage(21, 20, 0.0), "93 to 97 %"),
    "smooth, 11 lengths x 30: L50 covered": Row(coverage(11, 30, 0.0), "93 to 97 %"),
    "smooth, L50 in or beyond the chart: covered": Row(anywhere, "93 % or more"),
    "smooth: refused or warned of": Row(refused_or_warned, "under 3 %"),
    "no shared luck: width with the spread / without": Row(width_cost, "at most 1.05"),
    "shared luck 0.5, 21 x 20: L50 covered": Row(coverage(21, 20, 0.5), "at least 92 %"),
    "shared luck 1.0, 21 x 20: L50 covered": Row(coverage(21, 20, 1.0), "at least 90 %"),
    "shared luck 1.0, 21 x 20: missed in silence": Row(silent(1.0), "few"),
    "shared luck 0.5, 8 curves together: covered": Row(together(0.5), "at least 92 %"),
    "shared luck 1.0, 8 curves together: covered": Row(together(1.0), "at least 90 %"),
    "adaptive to 1.25: L50 covered": Row(adaptive_coverage(0.0), "93 to 97 %", slow=True),
    "adaptive, shared luck 0.5: L50 covered": Row(
        adaptive_coverage(0.5), "at least 92 %", slow=True
    ),
    "adaptive, shared luck 1.0: L50 covered": Row(
        adaptive_coverage(1.0), "at least 90 %", slow=True
    ),
    "adaptive: trials, 64 at once / 16 at once": Row(batches, "near 1", slow=True),
    "perfect steps, 10 trials: L50 covered": Row(steps(10), "100 %"),
    "perfect steps, 10⁷ trials: L50 covered": Row(steps(10**7), "100 %"),
    "flat at 0.5: closed interval": Row(closed(np.full(10, 0.5)), "under 5 %"),
    "lapses of 0.25: closed interval": Row(closed(0.75 / (1 + (OCTAVES / 40) ** 3.0)), "under 5 %"),
    "attractor at 128: closed interval": Row(
        closed(np.where(OCTAVES == 128, 0.95, 1 / (1 + (OCTAVES / 12) ** 3.0))), "under 5 %"
    ),
    "staircase: refused, or its plateau reached": Row(staircase, "at least 90 %"),
    "blind guesser of Bernoulli counts: has an L50": Row(blind_guesser, "under 5 %"),
    "ten errors, heavy tails: 90th percentile covered": Row(errors, "at least 95 %"),
}
