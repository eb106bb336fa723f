"""Simulated observers: who answers, what is said of them, and how a row of the table is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from snellen.stats.acuity import Acuity, AcuityReport, measure
from snellen.stats.acuity.placement import Placement
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.curve.spread import draw
from snellen.stats.intervals import wilson
from snellen.stats.tally import Tally

LONGEST = 1024
FAMILY = CurveFamily()
SEED = 11
OCTAVES = 2 ** np.arange(0, 10)


class Share(NamedTuple):
    """How many of so many observers."""

    hits: int
    observers: int

    def __str__(self) -> str:
        low, high = wilson(self.hits, self.observers)
        share = self.hits / self.observers
        return f"{share:.1%} ({low:.1%} to {high:.1%}) of {self.observers}"


class Row(NamedTuple):
    """A row: what, how it is simulated, what it should be; and whether it costs much."""

    run: Callable[[int], Share | float]
    goal: str
    slow: bool = False


def share_of(held: list[bool]) -> Share:
    return Share(sum(held), len(held))


def grid(lengths: int) -> NDArray[np.int64]:
    """Log-spaced distinct lengths from 1 to `LONGEST`."""
    return np.unique(np.rint(np.geomspace(1, LONGEST, lengths)).astype(np.int64))


def generators(observers: int, seed: int) -> Iterator[np.random.Generator]:
    """One generator per observer; the first of a long run are those of a short one."""
    for child in np.random.SeedSequence(seed).spawn(observers):
        yield np.random.default_rng(child)


def smooth(rng: np.random.Generator, *, inside: float = 1.0) -> Psychometric:
    """L50 at least so many octaves inside the chart, width 0.5 to 8 octaves; half never lapse."""
    return Psychometric(
        FAMILY,
        threshold=float(rng.uniform(inside, np.log2(LONGEST) - inside)),
        width=float(np.exp2(rng.uniform(-1, 3))),
        lapse=float(rng.choice([0.0, rng.uniform(0, 0.1)])),
    )


def accuracies(
    observer: Psychometric, lengths: NDArray[np.int64], spread: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Accuracy at each length, each moved by an effect of its own."""
    p = np.clip(observer.accuracy(lengths), 1e-9, 1 - 1e-9)
    odds = np.log(p) - np.log1p(-p) + spread * rng.standard_normal(lengths.size)
    return np.asarray(1 / (1 + np.exp(-odds)))


def answered(
    observer: Psychometric, lengths: int, trials: int, spread: float, rng: np.random.Generator
) -> AcuityReport:
    """What is said of an observer on a fixed design."""
    n = grid(lengths)
    m = np.full(n.size, trials)
    p = np.clip(observer.accuracy(n), 1e-9, 1 - 1e-9)
    return measure(n, draw(p, m, spread, 1, rng)[0], m)


@dataclass(frozen=True)
class Adaptive:
    """An adaptive run: its state, and how often it asked."""

    state: Placement
    steps: int


def adaptive(
    observer: Psychometric,
    spread: float,
    rng: np.random.Generator,
    *,
    parallel: int = 32,
    speculative: bool = True,
    precision: float = 1.25,
    budget: int = 640,
) -> Adaptive:
    """Test an observer until L50 is known to the precision, or the budget is spent."""
    state, steps = Placement.start(LONGEST, observer.family), 0
    effects: dict[int, float] = {}
    while state.tally.total < budget and not state.settled(precision):
        batch = state.worth_asking(parallel, precision) if speculative else parallel
        lengths, counts = np.unique(state.next_lengths(batch), return_counts=True)
        for n in lengths.tolist():
            effects.setdefault(n, spread * float(rng.standard_normal()))
        p = np.clip(observer.accuracy(lengths), 1e-9, 1 - 1e-9)
        odds = np.log(p) - np.log1p(-p) + np.array([effects[n] for n in lengths.tolist()])
        more = Tally.of(lengths, rng.binomial(counts, 1 / (1 + np.exp(-odds))), counts)
        state = Placement(state.family, state.shortest, state.longest, state.tally.joined(more))
        steps += 1
    return Adaptive(state, steps)


def covers(said: Acuity, truth: float) -> bool:
    """Whether the interval holds the truth; nothing that is said is wrong."""
    if said.reason is not None:
        return True
    low, high = said.interval
    return low <= truth <= high
