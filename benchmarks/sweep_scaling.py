"""Weak scaling of a sweep on Ray: twice the workers, twice the cells, the same time.

    python benchmarks/sweep_scaling.py [--workers 1 2 4] [--cell-s 15]

A loopback server with a fixed latency, whose answers cost this machine nothing: what a worker
spends on a cell is waiting, as it is with a hosted model or a GPU, and then making its tables and
figures. Two cells for each worker, after one cell each that brings the workers up.
Efficiency is the time of one worker over the time of many. A machine with fewer cores
than workers makes the tables and figures of all of them on the same cores; how much of a cell
that is, is printed beside it.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "wire"))

import ray
import snellen
from wirescript import server_process

TRIALS = 5
PER_WORKER = 2


def cells_of(url: str, count: int, seed: int, trials: int) -> dict[str, object]:
    """So many cells of one question each way, told apart by the names of their model."""
    model = {"base_url": url, "concurrency": 1, "model": "openai/wire-1"}
    models = [{**model, "extra_headers": {"X-Cell": str(n)}} for n in range(count)]
    return {
        "models": models, "tasks": "count_ones", "lengths": "4", "trials": trials,
        "max_tokens": 16, "seed": seed,
    }  # fmt: skip


def timed(url: str, workers: int) -> tuple[float, float]:
    """Wall seconds of the sweep, and seconds of a cell on average, as its worker measured it."""
    with tempfile.TemporaryDirectory() as folder:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False,
                 logging_level=logging.ERROR, object_store_memory=100 * 2**20)  # fmt: skip
        try:
            warm = cells_of(url, workers, 1, 1)
            snellen.sweep(warm, engine="ray", out=Path(folder, "warm"))
            began = time.perf_counter()
            plan = cells_of(url, PER_WORKER * workers, 2, TRIALS)
            done = snellen.sweep(plan, engine="ray", out=Path(folder, "timed"))
            wall = time.perf_counter() - began
        finally:
            ray.shutdown()
    assert done.complete
    return wall, float(done.cells["seconds"].mean())


def main(workers: list[int], cell_s: float) -> None:
    os.environ |= {"OPENAI_API_KEY": "none-needed-here", "RAY_USAGE_STATS_ENABLED": "0"}
    print(f"{PER_WORKER} cells per worker, {cell_s:g} s of answers each, {os.cpu_count()} cores")
    print("workers  cells   wall     a cell   efficiency")
    first = 0.0
    with server_process("--latency", str(cell_s / TRIALS)) as root:
        for count in workers:
            wall, each = timed(root + "/v1", count)
            first = first or wall
            cells = PER_WORKER * count
            print(
                f"{count:7} {cells:6} {wall:6.1f} s {each:7.1f} s {first / wall:10.0%}", flush=True
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--cell-s", type=float, default=15.0, help="seconds of a cell's answers")
    args = parser.parse_args()
    main(args.workers, args.cell_s)
