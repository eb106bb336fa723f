"""Rows about several models: comparisons, boards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from observers import (
    FAMILY,
    OCTAVES,
    SEED,
    Row,
    Share,
    accuracies,
    generators,
    grid,
    share_of,
)
from snellen.stats.board import LengthCounts, rank_intervals, restricted_mean
from snellen.stats.compare import ComparisonVerdict, compare
from snellen.stats.compare.mcnemar import clustered, mcnemar_midp
from snellen.stats.compare.power import Alternative, detectable
from snellen.stats.curve.psychometric import Psychometric
from snellen.stats.tally import Tally


def pair(
    ratio: float,
    spread: float,
    rng: np.random.Generator,
    *,
    near: bool = False,
    lengths: int = 11,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Answers of two models, shape (lengths, 330 // lengths), some of their luck shared."""
    a = Psychometric(FAMILY, rng.uniform(3, 7), float(np.exp2(rng.uniform(-1, 3))), 0.02)
    b = Psychometric(FAMILY, a.threshold + np.log2(ratio), a.width, a.lapse)
    around = np.exp2(a.threshold + np.linspace(-1.25, 1.25, 11))
    n = np.unique(np.rint(around)).astype(np.int64) if near else grid(lengths)
    luck = rng.random((2, n.size, 330 // n.size))
    shared = rng.random(luck.shape[1:]) < rng.uniform(0, 1)
    right_a = luck[0] < accuracies(a, n, spread, rng)[:, None]
    right_b = np.where(shared, luck[0], luck[1]) < accuracies(b, n, spread, rng)[:, None]
    return right_a, right_b, n


def told_apart(spread: float, ratio: float = 1.0, lengths: int = 11) -> Callable[[int], Share]:
    """BETTER or WORSE: what the two tests decide."""

    def run(observers: int) -> Share:
        said = []
        for rng in generators(observers, SEED):
            a, b, _ = pair(ratio, spread, rng, lengths=lengths)
            only_a, only_b = (a & ~b).sum(axis=1), (b & ~a).sum(axis=1)
            here = float(mcnemar_midp(only_a.sum(), only_b.sum()))
            said.append(here <= 0.05 and clustered(only_a, only_b) <= 0.05)
        return share_of(said)

    return run


def equal(*, near: bool) -> Callable[[int], Share]:
    def run(observers: int) -> Share:
        said = []
        for rng in generators(observers, SEED):
            a, b, n = pair(1.0, 0.0, rng, near=near)
            runs = (
                {
                    (int(m), i): bool(v)
                    for m, row in zip(n, x, strict=True)
                    for i, v in enumerate(row)
                }
                for x in (a, b)
            )
            said.append(compare(*runs).verdict is ComparisonVerdict.NO_DIFFERENCE)
        return share_of(said)

    return run


def stated_power(observers: int) -> Share:
    """Comparisons at the detectable ratio of their design, decided as `compare` does."""
    n = grid(11)
    pairs = np.full(n.size, 30)
    between = Alternative(Psychometric(FAMILY, 5.0, 2.0, 0.02), 0.5)
    _, ratio = detectable(between, n, pairs)
    cells = between.cells(n, float(np.log2(ratio)))
    said = []
    for rng in generators(observers, SEED):
        drawn = rng.multinomial(pairs, cells)
        p = max(
            clustered(drawn[:, 0], drawn[:, 1]),
            float(mcnemar_midp(drawn[:, 0].sum(), drawn[:, 1].sum())),
        )
        said.append(p <= 0.05 and drawn[:, 1].sum() > drawn[:, 0].sum())
    return share_of(said)


def _board(l50s: list[float], rng: np.random.Generator, blind: int = 0) -> list[list[LengthCounts]]:
    n = OCTAVES[:9]
    m = np.full(9, 10)
    return [
        [
            LengthCounts.of(n, rng.binomial(m, 0.1 + 0.9 / (1 + (n / x) ** 3.0)), m, 0.1)
            for x in [l50] * 5 + [1e-9] * blind
        ]
        for l50 in l50s
    ]


def three_models(observers: int) -> Share:
    right = []
    for rng in generators(observers, SEED):
        ranks = rank_intervals([restricted_mean(t) for t in _board([20, 60, 150], rng, 3)])
        right.append(ranks == [(3, 3), (2, 2), (1, 1)])
    return share_of(right)


def rank_coverage(observers: int) -> Share:
    l50s = [20.0, 30, 30, 60, 100, 300, 1e6, 1e6]
    true = np.array(l50s)
    held = []
    for rng in generators(observers, SEED):
        ranks = rank_intervals([restricted_mean(t) for t in _board(l50s, rng)])
        held.append(
            all(
                best <= 1 + np.sum(true > t) and worst >= np.sum(true >= t)
                for t, (best, worst) in zip(true, ranks, strict=True)
            )
        )
    return share_of(held)


def gamed(observers: int) -> Share:
    """A model that fails, refuses or cuts short any of the answers that it likes."""
    risen = []
    for rng in generators(observers, SEED):
        boards = _board([20.0, 30, 30, 60, 100, 300], rng)
        cheat = int(rng.integers(6))
        before = rank_intervals([restricted_mean(t) for t in boards])[cheat]
        boards[cheat] = [
            LengthCounts(
                Tally.of(
                    t.tally.lengths,
                    rng.binomial(t.tally.correct, rng.uniform(0, 1)),
                    t.tally.trials,
                ),
                t.chance,
            )
            for t in boards[cheat]
        ]
        after = rank_intervals([restricted_mean(t) for t in boards])[cheat]
        risen.append(after.best < before.best or after.worst < before.worst)
    return share_of(risen)


PAIRS: dict[str, Row] = {
    "equal curves: BETTER or WORSE": Row(told_apart(0.0), "at most 5 %"),
    "equal curves, shared luck 0.5: BETTER or WORSE": Row(told_apart(0.5), "at most 5 %"),
    "equal curves, shared luck 1.0: BETTER or WORSE": Row(told_apart(1.0), "at most 5 %"),
    "equal curves, 30 lengths, shared luck 1.0: BETTER or WORSE": Row(
        told_apart(1.0, lengths=34), "at most 5 %"
    ),
    "L50 doubled, 330 pairs at 11 lengths: told": Row(told_apart(0.0, 2.0), "more lengths do"),
    "L50 doubled, 330 pairs at 30 lengths: told": Row(
        told_apart(0.0, 2.0, lengths=34), "above 90 %"
    ),
    "detectable ratio at 330 pairs: shown": Row(stated_power, "80 %"),
    "equal, 330 pairs on the chart: NO DIFFERENCE": Row(equal(near=False), "above 32 %", slow=True),
    "equal, 330 pairs near L50: NO DIFFERENCE": Row(equal(near=True), "much more", slow=True),
    "board, L50 20, 60, 150, blind on 3 of 8: ranks 3, 2, 1": Row(three_models, "100 %"),
    "board of 8, two beyond it: every rank held": Row(rank_coverage, "at least 95 %"),
    "board: failing, refusing or cutting raised a rank": Row(gamed, "never"),
}
