"""Fitting curves on one thread of linear algebra against all of them, and the seconds of a curve.

Usage: python benchmarks/curve_speed.py [--curves 40] [--rounds 3]

The same simulated curves (8 lengths, 10 trials each, logistic) are measured in turn with the limit
of `support.threads` and without it; the reports must be equal. Processor seconds count all threads.
"""

from __future__ import annotations

import argparse
import statistics
import time
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table
from snellen.stats.acuity import AcuityReport, measure
from threadpoolctl import ThreadpoolController

LENGTHS = 2 ** np.arange(2, 10)
TRIALS = np.full(LENGTHS.size, 10)


def simulated(curves: int) -> list[np.ndarray]:
    """Correct answers of so many observers."""
    rng = np.random.default_rng(0)
    counts = []
    for _ in range(curves):
        middle, width = rng.uniform(3, 8), rng.uniform(0.5, 3)
        p = 0.98 / (1 + np.exp((np.log2(LENGTHS) - middle) * 3 / width))
        counts.append(rng.binomial(TRIALS, p))
    return counts


def timed(counts: list[np.ndarray]) -> tuple[float, float, list[AcuityReport]]:
    """Seconds by the clock and of the processor for each curve, and what was found."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = [measure(LENGTHS, k, TRIALS, chance=0.1) for k in counts]
    return (
        (time.perf_counter() - wall) / len(counts),
        (time.process_time() - cpu) / len(counts),
        found,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curves", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    args = parser.parse_args()
    counts = simulated(args.curves)
    # NumPy and SciPy multiply through BLAS: a limit on OpenMP alone is none for them.
    limited = {"one thread": "blas", "all threads": "openmp"}
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in limited}
    said: dict[str, list[str]] = {}
    timed(counts[:2])  # imports and tables
    for _ in range(args.rounds):
        for name, api in limited.items():
            libraries = ThreadpoolController().select(user_api=api)
            with patch("threadpoolctl.get_cached_controller", return_value=libraries):
                wall, cpu, found = timed(counts)
            rounds[name].append((wall, cpu))
            said[name] = [str(report.l50) for report in found]
    if said["one thread"] != said["all threads"]:
        raise SystemExit("the reports differ")
    table = Table(title=f"{args.curves} curves, median of {args.rounds} rounds")
    for heading in ("linear algebra", "ms a curve", "CPU ms a curve", "CPU against one thread"):
        table.add_column(heading)
    base = statistics.median(cpu for _, cpu in rounds["one thread"])
    for name, pairs in rounds.items():
        clock, used = (statistics.median(values) for values in zip(*pairs, strict=True))
        table.add_row(name, f"{clock * 1e3:.0f}", f"{used * 1e3:.0f}", f"{used / base:.2f}x")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
