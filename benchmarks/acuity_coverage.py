"""How often the interval of L50 holds: simulated observers, fixed and adaptive designs.

    python benchmarks/acuity_coverage.py [--observers 1000] [--seed 0] [--write]

With --write the tables replace those in docs/statistics.md.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from snellen.stats.acuity import Acuity, acuity
from snellen.stats.intervals import wilson
from snellen.stats.placement import Placement
from snellen.stats.posterior import REACH, posterior
from snellen.stats.psychometric import WIDTHS, Family, Psychometric, Shape, fit
from snellen.stats.tally import Tally

LONGEST = 1024
PRECISION = 1.25
BUDGET = 640  # trials that an adaptive run may spend
BATCH = 32
DOC = Path(__file__).parents[1] / "docs" / "statistics.md"


@dataclass(frozen=True)
class Result:
    """One observer, and what was said of it."""

    observer: Psychometric
    tally: Tally
    l50: Acuity
    l90: Acuity


Design = Callable[[Psychometric, np.random.Generator], Tally]


def draw_observer(rng: np.random.Generator, shape: Shape = "logistic") -> Psychometric:
    """L50 from an octave below the chart to an octave beyond it, flat in log2; width likewise.

    Half of the observers never lapse; the others lapse in up to 10 % of trials.
    """
    family = Family(float(rng.choice([0.0, 0.0, 0.1, 0.25])), shape)
    return Psychometric(
        family,
        threshold=float(rng.uniform(-1, np.log2(LONGEST) + 1)),
        width=float(np.exp2(rng.uniform(*np.log2(WIDTHS)))),
        lapse=float(rng.choice([0.0, rng.uniform(0, 0.1)])),
    )


def fixed(lengths: int, trials: int) -> Design:
    """A log-spaced grid from 1 to `LONGEST` with the same number of trials at each length."""
    grid = np.unique(np.rint(np.geomspace(1, LONGEST, lengths)).astype(int))

    def run(observer: Psychometric, rng: np.random.Generator) -> Tally:
        correct = rng.binomial(trials, observer.accuracy(grid))
        return Tally.of(grid, correct, np.full(grid.size, trials))

    return run


def adaptive(observer: Psychometric, rng: np.random.Generator) -> Tally:
    """Batches of `BATCH` until the precision is reached, L50 is censored or `BUDGET` is spent."""
    state = Placement.start(LONGEST, observer.family)
    while state.tally.trials.sum() < BUDGET and not state.settled(PRECISION):
        lengths, counts = np.unique(state.next_lengths(BATCH), return_counts=True)
        correct = rng.binomial(counts, observer.accuracy(lengths))
        for n, k, m in zip(lengths, correct, counts, strict=True):
            state = state.update(int(n), int(k), int(m))
    return state.tally


DESIGNS: dict[str, Design] = {
    "fixed, 11 lengths x 10": fixed(11, 10),
    "fixed, 11 lengths x 40": fixed(11, 40),
    "fixed, 21 lengths x 20": fixed(21, 20),
    f"adaptive to {PRECISION}": adaptive,
}


def simulate(
    design: Design,
    observers: int,
    seed: int,
    *,
    truth: Shape = "logistic",
    fitted: Shape = "logistic",
) -> list[Result]:
    """Test each observer with the design and read its acuity as `snellen.stats` does."""
    results = []
    for child in np.random.SeedSequence(seed).spawn(observers):
        rng = np.random.default_rng(child)
        observer = draw_observer(rng, truth)
        tally = design(observer, rng)
        family = Family(observer.family.chance, fitted)
        found = posterior(tally, family)
        curve = fit(tally, family, found.best, REACH)
        l50, l90 = (acuity(tally, found, curve, level) for level in (0.5, 0.9))
        results.append(Result(observer, tally, l50, l90))
    return results


def covers(result: Result, accuracy: float = 0.5) -> bool:
    """The true acuity lies in the interval; beyond the chart, that takes an open end."""
    said = result.l50 if accuracy == 0.5 else result.l90
    truth = float(np.exp2(result.observer.crossing(accuracy)))
    low, high = said.interval
    if truth > said.tested.high:
        return high == np.inf
    if truth < said.tested.low:
        return low == 0
    return low <= truth <= high


def rightly_censored(result: Result) -> bool:
    """What is said about the side of the chart is true.

    ``> c`` and ``< c`` must hold; a value with two closed ends needs a truth inside the chart.
    """
    said = result.l50
    truth = float(np.exp2(result.observer.crossing(0.5)))
    if said.censored == "above":
        return truth > (said.bound or 0)
    if said.censored == "below":
        return truth < (said.bound or 0)
    if truth > said.tested.high:
        return said.interval.high == np.inf
    return truth >= said.tested.low or said.interval.low == 0


def in_chart(result: Result) -> bool:
    return 0 <= result.observer.crossing(0.5) <= np.log2(LONGEST)


def share(held: NDArray[np.bool_]) -> str:
    low, high = wilson(int(held.sum()), held.size)
    return f"{held.mean():.1%} ({low:.1%} to {high:.1%})" if held.size else "none"


def summary(rows: dict[str, list[Result]]) -> str:
    lines = [
        "| design | curve fitted | observers | L50 covered, all | L50 covered, truth in the chart "
        "| L90 covered, all | censoring right | trials, median | high / low, median |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, results in rows.items():
        closed = [
            r.l50.interval.high / r.l50.interval.low
            for r in results
            if r.l50.interval.low > 0 and np.isfinite(r.l50.interval.high)
        ]
        design, kind = name.split("; ")
        lines.append(
            f"| {design} | {kind} | {len(results)} "
            f"| {share(np.array([covers(r) for r in results]))} "
            f"| {share(np.array([covers(r) for r in results if in_chart(r)]))} "
            f"| {share(np.array([covers(r, 0.9) for r in results]))} "
            f"| {share(np.array([rightly_censored(r) for r in results]))} "
            f"| {np.median([r.tally.trials.sum() for r in results]):.0f} "
            f"| {np.median(closed):.2f} |"
        )
    return "\n".join(lines)


def strata(rows: dict[str, list[Result]]) -> str:
    def truth(r: Result) -> float:
        return r.observer.crossing(0.5)

    top = np.log2(LONGEST)
    cuts: dict[str, Callable[[Result], bool]] = {
        "width under 1 octave": lambda r: r.observer.width < 1,
        "width 1 to 4 octaves": lambda r: 1 <= r.observer.width < 4,
        "width over 4 octaves": lambda r: r.observer.width >= 4,
        "never lapses": lambda r: r.observer.lapse == 0,
        "lapses": lambda r: r.observer.lapse > 0,
        "chance 0": lambda r: r.observer.family.chance == 0,
        "chance 0.1": lambda r: r.observer.family.chance == 0.1,
        "chance 0.25": lambda r: r.observer.family.chance == 0.25,
        "L50 within an octave of an end": lambda r: abs(truth(r)) < 1 or abs(truth(r) - top) < 1,
        "L50 outside the chart": lambda r: not in_chart(r),
    }
    lines = [
        "| observers | " + " | ".join(name.split(";")[0] for name in rows) + " |",
        "|---|" + "---|" * len(rows),
    ]
    for name, keep in cuts.items():
        cells = [
            share(np.array([covers(r) for r in results if keep(r)], dtype=bool))
            for results in rows.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def outside(rows: dict[str, list[Result]]) -> str:
    """How often a censored L50 is quoted, for observers on either side of the ends of the chart."""
    lines = [
        "| design | censored, truth more than half an octave outside | censored, truth inside |",
        "|---|---|---|",
    ]
    top = np.log2(LONGEST)
    for name, results in rows.items():
        x = np.array([r.observer.crossing(0.5) for r in results])
        said = np.array([r.l50.censored is not None for r in results])
        far, inside = (x < -0.5) | (x > top + 0.5), (x > 0) & (x < top)
        lines.append(
            f"| {name.split(';')[0]} | {said[far].mean():.1%} | {said[inside].mean():.1%} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--observers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    options = parser.parse_args()
    rows = {
        f"{name}; logistic": simulate(design, options.observers, options.seed)
        for name, design in DESIGNS.items()
    }
    plain = dict(rows)
    middle = fixed(21, 20)
    few = options.observers // 2
    rows["fixed, 21 lengths x 20; weibull, as is the truth"] = simulate(
        middle, few, options.seed, truth="weibull", fitted="weibull"
    )
    rows["fixed, 21 lengths x 20; logistic, truth is weibull"] = simulate(
        middle, few, options.seed, truth="weibull"
    )
    text = "\n\n".join([summary(rows), strata(plain), outside(plain)])
    print(text)
    if options.write:
        start, end = "<!-- coverage -->\n", "<!-- /coverage -->"
        doc = DOC.read_text()
        before, rest = doc.split(start)
        DOC.write_text(before + start + text + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
