"""Seconds and peak memory of a whole report, up to a million trials (goal: 60 s and 2 GiB).

Usage: python benchmarks/report_million.py [--trials 10000,100000,1000000] [--runs 3]

Each run is a process of its own that writes a synthetic trials.csv, then measures the way from
there to the page: reading and checking the table, curves, histogram, acuities, ten figures in SVG
and PNG. The memory is the peak of the whole process; CPU seconds tell a busy machine from a
slow report.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from snellen.reports.run.report import write_report
from snellen.store.trials import read_trials

DEEP = "copy_last"
"""A task whose trials have a depth, as those of lookup do."""

TASKS = ("count_ones", "count_word", "sum_digits", "copy_last", "copy_sequence")
MODES = ("direct", "cot")
LENGTHS = tuple(sorted({round(2 ** (i / 2)) for i in range(20)}))
GOAL_SECONDS, GOAL_GIB = 60, 2


def synthetic(trials: int) -> pd.DataFrame:
    """Trials of models that lose sight past 40 items, with attractors, rambles and failures."""
    rng = np.random.default_rng(0)
    each = trials // (len(TASKS) * len(MODES))
    parts = [_series(task, mode, each, rng) for task in TASKS for mode in MODES]
    return pd.concat(parts, ignore_index=True)


def _series(task: str, mode: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
    length = np.sort(rng.choice(LENGTHS, size=n))
    sees = rng.random(n) < 1 / (1 + (length / 40) ** 3)
    if task == "copy_sequence":
        long = " ".join(map(str, rng.integers(0, 10, size=max(LENGTHS))))
        truth = np.array([long[: 2 * k - 1] for k in length], dtype=object)
        answer = np.where(sees, truth, np.array([long[: k | 1] for k in length], dtype=object))
        error = np.where(sees, 0, length - (length | 1) // 2)
    else:
        top = 10 if task == "copy_last" else 9 * length + 1
        number = rng.integers(0, top) if task in ("copy_last", "sum_digits") else length
        number = np.broadcast_to(number, n) if np.ndim(number) else rng.integers(0, 10, size=n)
        guess = np.abs(number + rng.normal(0, 1 + length / 4, size=n).round().astype(int))
        said = np.where(sees, number, np.where(rng.random(n) < 0.3, 100, guess))
        truth, answer = number.astype(str), said.astype(str)
        error = np.abs(said - number)
    judged = np.where(error == 0, "correct", "wrong").astype(object)
    draw = rng.random(n)
    lost = np.full(n, "", dtype=object)
    for outcome, below in (("unparseable", 0.07), ("truncated", 0.04), ("failed", 0.01)):
        lost[draw < below] = outcome
    read = lost == ""
    return pd.DataFrame(
        {
            "run_id": "run-0",
            "model": "synthetic",
            "task": task,
            "mode": mode,
            "lens": "none",
            "length": length,
            "tokens": length + 40,
            "index": np.arange(n),
            "seed": 0,
            "truth": truth,
            "answer": pd.Series(answer, dtype="str").where(read),
            "outcome": np.where(read, judged, lost),
            "abs_error": pd.Series(error, dtype="Float64").where(read),
            "finish_reason": "stop",
            "prompt_tokens": length + 40,
            "completion_tokens": 12,
            "latency_s": 0.1,
            "prompt_sha256": "0" * 64,
            "reading": pd.Series("number_alone", index=range(n)).where(read),
            "rivals": None,
            "depth": rng.random(n) if task == DEEP else None,
            "answer_form": "free",
        }
    )


def measure(trials: int) -> dict[str, float]:
    """One report, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trials.csv"
        synthetic(trials).to_csv(path, index=False)
        start, cpu = time.perf_counter(), time.process_time()
        written = write_report(Path(folder), read_trials(path), {"model": "synthetic"}).page
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        page = written.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "cpu": cpu, "gib": peak, "page_mb": page}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", default="10000,100000,1000000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        sys.stdout.write(json.dumps(measure(args.once)))
        return
    shown = Table(title=f"whole report (goal: {GOAL_SECONDS} s and {GOAL_GIB} GiB)")
    for heading in ("trials", "seconds", "CPU s", "peak GiB", "page MB", "of the goal"):
        shown.add_column(heading, justify="right")
    for trials in map(int, args.trials.split(",")):
        command = [sys.executable, __file__, "--once", str(trials)]
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            for _ in range(args.runs)
        ]
        seconds, cpu, gib, page = (
            statistics.median(run[k] for run in runs) for k in ("seconds", "cpu", "gib", "page_mb")
        )
        share = max(seconds / GOAL_SECONDS, gib / GOAL_GIB)
        cells = (f"{seconds:.1f}", f"{cpu:.1f}", f"{gib:.2f}", f"{page:.1f}")
        shown.add_row(f"{trials:,}", *cells, f"{share:.0%}")
    Console().print(shown)


if __name__ == "__main__":
    main()
