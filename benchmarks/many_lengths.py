"""Seconds and memory of a fit and of a comparison where nearly every answer has its own length.

Run: python benchmarks/many_lengths.py [LENGTHS…]   (default: 1000 10000 100000)

A run of prompts of a user's own has such lengths. Seconds are CPU seconds of this process; the
ratio is that of the seconds to those of the first size.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from snellen.stats.acuity import measure
from snellen.stats.compare import compare


def answers(
    lengths: list[int], l50: float, rng: np.random.Generator
) -> dict[tuple[int, int], bool]:
    """Two answers at each length by a model whose sight ends at ``l50``, gently."""
    return {
        (n, i): bool(rng.random() < 1 / (1 + (n / l50) ** 2)) for n in lengths for i in range(2)
    }


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main(sizes: list[int]) -> None:
    first: tuple[float, float] | None = None
    print(
        f"{'lengths':>8}  {'fit, s':>7}  {'ratio':>6}  {'compare, s':>10}  {'ratio':>6}  peak MiB"
    )
    for size in sizes:
        rng = np.random.default_rng(size)
        lengths = rng.choice(10 * size, size, replace=False) + 1
        a, b = (answers(lengths.tolist(), l50, rng) for l50 in (size / 3, size / 2))
        right = [a[n, 0] + a[n, 1] for n in lengths.tolist()]
        fit = seconds(lambda n=lengths, k=right: measure(n, k, [2] * len(k)))  # type: ignore[misc]
        both = seconds(lambda a=a, b=b: compare(a, b))  # type: ignore[misc]
        first = first or (fit, both)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{size:>8}  {fit:>7.2f}  {fit / first[0]:>5.1f}x  {both:>10.2f}  "
              f"{both / first[1]:>5.1f}x  {peak:>8}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1000, 10_000, 100_000])
