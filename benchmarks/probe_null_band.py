"""How often the null band is wrong: false "inside" and false "outside", by simulation.

States of n and n + 1 items, a true difference of a given size, and rounding of one size along
six routes, part of it the kernel's own on every prompt. Run: python benchmarks/probe_null_band.py
"""

from __future__ import annotations

import argparse

import numpy as np
from snellen.probes.collapse.null_band import inside_band, null_pairs, null_routes


def trial(rng: np.random.Generator, size: float, shared: float, dim: int, lengths: int) -> bool:
    """Whether the middle length of a grid is called inside the band."""
    routes = null_routes("cpu", 2048, [10, 10_000, *[1] * 20, 1 << 30])
    kernels = sorted({str(route.attention) for route in routes})
    bias = {k: rng.normal(size=(lengths, 2, dim)) * np.sqrt(shared) for k in kernels}
    noise = np.stack(
        [
            bias[str(r.attention)] + rng.normal(size=(lengths, 2, dim)) * np.sqrt(1 - shared)
            for r in routes
        ]
    )
    # The difference is given as a multiple of the usual distance of two roundings.
    usual = np.abs(rng.normal(size=(200, dim)) * np.sqrt(2)).max(axis=-1).mean()
    direction = rng.normal(size=dim)
    gap = size * usual * direction / np.abs(direction).max()
    pairs = null_pairs(routes)
    signal = np.stack(
        [
            np.abs(noise[b][:, 1] - noise[a][:, 0] + gap).max(axis=-1)
            for i, j in pairs
            for a, b in ((i, j), (j, i))
        ],
        axis=-1,
    )
    null = np.stack([np.abs(noise[i] - noise[j]).max(axis=-1) for i, j in pairs], axis=1)
    return bool(inside_band(signal, null.reshape(lengths, -1))[lengths // 2])


def main() -> None:
    """Print the share called inside, by size of the difference and share of kernel bias."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    sizes = (0.0, 0.5, 1.0, 2.0, 4.0)
    print("difference, in usual rounding distances:", *sizes, sep="\t")
    for shared in (0.0, 0.5, 0.9):
        inside = [
            np.mean([trial(rng, size, shared, 64, 5) for _ in range(arguments.trials)])
            for size in sizes
        ]
        print(f"called inside, {shared:.0%} kernel bias:", *(f"{x:.3f}" for x in inside), sep="\t")


if __name__ == "__main__":
    main()
