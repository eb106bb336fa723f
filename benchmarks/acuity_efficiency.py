"""Trials that an interval of L50 costs: adaptive placement against fixed log-spaced grids.

    python benchmarks/acuity_efficiency.py [--observers 150] [--seed 0] [--write]

Every observer is tested both ways until the interval is precise to a ratio of 1.25; the fixed grids
get more trials at every length, round by round, and are judged by the same posterior and rule. With
--write the table replaces that in docs/statistics.md.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from snellen.stats.acuity.placement import Placement, precise
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.tally import Tally

LONGEST = 1024
PRECISION = 1.25
BATCH = 16
GRIDS = (11, 21, 41)
MOST = 20_000  # trials after which a design is given up
DOC = Path(__file__).parents[1] / "docs" / "statistics.md"


def draw_observer(rng: np.random.Generator) -> Psychometric:
    """L50 at least an octave inside the chart, so that both designs can find it."""
    return Psychometric(
        CurveFamily(float(rng.choice([0.0, 0.0, 0.1, 0.25]))),
        threshold=float(rng.uniform(1, np.log2(LONGEST) - 1)),
        width=float(np.exp2(rng.uniform(np.log2(0.2), np.log2(10)))),
        lapse=float(rng.choice([0.0, rng.uniform(0, 0.1)])),
    )


def adaptive_trials(observer: Psychometric, rng: np.random.Generator) -> float:
    state = Placement.start(LONGEST, observer.family)
    while not state.settled(PRECISION):
        if state.tally.trials.sum() >= MOST:
            return np.inf
        lengths, counts = np.unique(state.next_lengths(BATCH), return_counts=True)
        for n, m in zip(lengths, counts, strict=True):
            state = state.update(int(n), int(rng.binomial(m, observer.accuracy(n))), int(m))
    return float(state.tally.trials.sum())


def fixed_trials(observer: Psychometric, lengths: int, rng: np.random.Generator) -> float:
    """Trials of the first round that settles, searched by rounds a tenth longer each."""
    grid: NDArray[np.int64] = np.unique(np.rint(np.geomspace(1, LONGEST, lengths)).astype(np.int64))
    p = observer.accuracy(grid)
    correct, rounds = np.zeros(grid.size, dtype=np.int64), 0
    while rounds * grid.size < MOST:
        more = max(1, rounds // 10)
        correct, rounds = correct + rng.binomial(more, p), rounds + more
        tally = Tally.of(grid, correct, np.full(grid.size, rounds))
        if precise(Placement(observer.family, 1, LONGEST, tally).interval(), PRECISION):
            return float(rounds * grid.size)
    return np.inf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--observers", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    adaptive, fixed, widths = [], [], []
    for child in np.random.SeedSequence(options.seed).spawn(options.observers):
        rng = np.random.default_rng(child)
        observer = draw_observer(rng)
        widths.append(observer.width)
        adaptive.append(adaptive_trials(observer, rng))
        fixed.append([fixed_trials(observer, lengths, rng) for lengths in GRIDS])
    spent, rival, width = np.array(adaptive), np.array(fixed), np.array(widths)
    lines = [
        "| observers | trials, adaptive | "
        + " | ".join(f"trials, {n} fixed lengths" for n in GRIDS)
        + " | "
        + " | ".join(f"adaptive / {n} fixed" for n in GRIDS)
        + " |",
        "|---|" + "---|" * (1 + 2 * len(GRIDS)),
    ]
    groups = {
        "all": width > 0,
        "width under 1 octave": width < 1,
        "width 1 to 4 octaves": (width >= 1) & (width < 4),
        "width over 4 octaves": width >= 4,
    }
    for name, keep in groups.items():
        cells = [f"{np.median(spent[keep]):.0f}"]
        for medians in np.median(rival[keep], axis=0):
            cells.append(f"{medians:.0f}" if np.isfinite(medians) else f"over {MOST}")
        ratios = np.median(spent[keep, None] / rival[keep], axis=0)  # of nothing by nothing: none
        cells += ["–" if np.isnan(ratio) else f"{ratio:.2f}" for ratio in ratios]
        lines.append(f"| {name} ({keep.sum()}) | " + " | ".join(cells) + " |")
    text = "\n".join(lines)
    print(text)
    if options.write:
        start, end = "<!-- efficiency -->\n", "<!-- /efficiency -->"
        doc = DOC.read_text()
        before, rest = doc.split(start)
        DOC.write_text(before + start + text + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
