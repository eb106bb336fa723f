"""Time of one adaptive step: posterior, stopping rule and the lengths of the next batch.

    python benchmarks/placement_speed.py [--observers 12]

The goal is under 50 ms, so that placement never holds up a provider. Beside it stands the same
posterior and expected entropy without the grid that closes in, at equal resolution of L50 over
the whole range, and without what trials of a length share: what a plain QUEST+ table would cost
per step. Both sides run in this process, and both are CPU time, which other processes on the
machine do not stretch.
"""

import argparse
import time

import numpy as np
from snellen.stats.acuity.placement import Placement, _expected_entropy, candidates
from snellen.stats.curve.posterior import REACH, Axis, Grid, Posterior
from snellen.stats.curve.psychometric import WIDTHS, CurveFamily, Likelihood, Psychometric
from snellen.stats.curve.spread import NONE

BATCH = 32


def ours(state: Placement) -> float:
    """CPU seconds for everything between the last answer of one batch and the first of the next."""
    fresh = Placement(state.family, state.shortest, state.longest, state.tally)
    start = time.process_time()
    fresh.settled(1.25)
    fresh.next_lengths(BATCH)
    return time.process_time() - start


def plain(state: Placement, finest: float) -> float:
    """CPU seconds for one choice of length from a table over all that the prior allows."""
    first, last = np.log2(state.shortest) - REACH, np.log2(state.longest) + REACH
    cells = int(np.ceil((last - first) / finest))
    grid = Grid(
        state.family,
        Axis(first, last, cells),
        Axis(float(np.log2(WIDTHS[0])), float(np.log2(WIDTHS[1])), 16),
        Axis(0.0, state.family.max_lapse, 6),
    )
    tally = state.tally
    lengths = candidates(state.shortest, state.longest, state.interval())
    table = np.clip(grid.accuracy(np.log2(lengths)), 1e-9, 1 - 1e-9)
    tested = np.clip(grid.accuracy(tally.log2_lengths), 1e-9, 1 - 1e-9)
    start = time.process_time()
    likelihood = Likelihood(tally, NONE)
    found = Posterior(grid, likelihood.of(tested), likelihood.spreads, likelihood.log_prior)
    np.argmin(_expected_entropy(found.mass, table, np.arange(cells)))
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--observers", type=int, default=12)
    options = parser.parse_args()
    print("| longest length | steps | ours, median | ours, slowest | plain table | plain / ours |")
    print("|---|---|---|---|---|---|")
    for longest in (128, 1024, 16384):
        steps, tables = [], []
        rng = np.random.default_rng(0)
        for _ in range(options.observers):
            family = CurveFamily(float(rng.choice([0.0, 0.1])))
            observer = Psychometric(
                family,
                float(rng.uniform(1, np.log2(longest) - 1)),
                float(rng.uniform(0.5, 6)),
                0.02,
            )
            state = Placement.start(longest, family)
            while state.tally.trials.sum() < 1000 and not state.settled(1.25):
                steps.append(ours(state))
                lengths, counts = np.unique(state.next_lengths(BATCH), return_counts=True)
                for n, m in zip(lengths, counts, strict=True):
                    state = state.update(int(n), int(rng.binomial(m, observer.accuracy(n))), int(m))
            tables.append(plain(state, finest=state._posterior.grid.threshold.step))
        middle, table = float(np.median(steps)), float(np.median(tables))
        print(
            f"| {longest} | {len(steps)} | {middle * 1e3:.0f} ms | {max(steps) * 1e3:.0f} ms "
            f"| {table * 1e3:.0f} ms | {table / middle:.1f} |"
        )


if __name__ == "__main__":
    main()
