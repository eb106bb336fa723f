"""Reading ten million trials in thousands of runs: seconds and peak memory, beside pandas.

Usage: python benchmarks/results_scale.py [--trials 1000000] [--runs 3] [--folder FOLDER]

A synthetic results folder is written first (results_folder.py; ten million trials take some ten
minutes and 2.6 GB), or that in FOLDER is used. Each measurement is a process of its own, which
counts outcomes by run, curve and length:

- duckdb: `snellen.load_results(FOLDER).curves`;
- pandas, Parquet: the same columns of the same trials.parquet files, concatenated and grouped;
- pandas, CSV: every trials.csv as `read_trials` reads it, one run after another.

All three must find the same counts. Then the commands that read a folder, in the same way.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from results_folder import PRECISIONS, write_folder
from rich.console import Console
from rich.table import Table
from snellen.exams.compare import compare
from snellen.exams.leaderboard import write_board
from snellen.exams.overview import report_folder
from snellen.exams.results import load_results
from snellen.store.trials import OUTCOMES, read_trials

KEY = ["run", "task", "mode", "answer_form", "lens", "length"]
GOAL_GIB = 2


def by_duckdb(folder: Path) -> str:
    """Counts through DuckDB."""
    found = load_results(folder).curves
    return _digest(found.rename(columns={"answer": "answer_form"}))


def by_pandas_parquet(folder: Path) -> str:
    """Counts by pandas from the same Parquet files."""
    columns = [*KEY[1:], "outcome"]
    tables = [
        pd.read_parquet(path, columns=columns).assign(run=_run(path, folder))
        for path in sorted(folder.rglob("trials.parquet"))
    ]
    return _digest(_counted(pd.concat(tables, ignore_index=True)))


def by_pandas_csv(folder: Path) -> str:
    """Counts by pandas from the CSV files, as a run is read by itself."""
    tables = [
        _counted(read_trials(path).assign(run=_run(path, folder)))
        for path in sorted(folder.rglob("trials.csv"))
    ]
    return _digest(pd.concat(tables, ignore_index=True))


def board(folder: Path) -> str:
    """The leaderboard of all models."""
    return f"{len(write_board(folder).refused)} refused"


def report(folder: Path) -> str:
    """The page and the table over all runs."""
    return f"{report_folder(folder).runs} runs"


def comparison(folder: Path) -> str:
    """All runs in bfloat16 against all in float32."""
    a, b = (folder / name for name in PRECISIONS)
    return ", ".join(f"{one.name} {one.verdict.value}" for one in compare(a, b))


READERS: dict[str, Callable[[Path], str]] = {
    "duckdb": by_duckdb,
    "pandas, Parquet": by_pandas_parquet,
    "pandas, CSV": by_pandas_csv,
}
VERBS: dict[str, Callable[[Path], str]] = {
    "report": report,
    "compare": comparison,
    "leaderboard": board,
    "leaderboard again": board,
}


def _run(path: Path, folder: Path) -> str:
    return path.parent.relative_to(folder).as_posix()


def _counted(trials: pd.DataFrame) -> pd.DataFrame:
    counts = trials.groupby([*KEY, "outcome"], observed=True).size().unstack(fill_value=0)
    return counts.reindex(columns=list(OUTCOMES), fill_value=0).reset_index()


def _digest(counts: pd.DataFrame) -> str:
    """The same for the same counts."""
    table = counts[[*KEY, *OUTCOMES]].sort_values(KEY).astype(dict.fromkeys(OUTCOMES, int))
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()[:12]


def measure(what: str, folder: Path) -> dict[str, float | str]:
    """One measurement, in this process."""
    start, cpu = time.perf_counter(), time.process_time()
    said = {**READERS, **VERBS}[what](folder)
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "said": said,
    }


def show(folder: Path, runs: int, skip: list[str]) -> None:
    """Measure everything, and print a table."""
    count = sum(1 for _ in folder.rglob("manifest.json"))
    shown = Table(title=f"{folder.name}: {count:,} runs (goal: {GOAL_GIB} GiB)")
    for heading in ("what", "seconds", "CPU s", "peak GiB", "of duckdb's time", "found"):
        shown.add_column(heading, justify="left" if heading in ("what", "found") else "right")
    base = 0.0
    for what in (name for name in (*READERS, *VERBS) if name not in skip):
        command = [sys.executable, __file__, "--once", what, "--folder", str(folder)]
        found = [
            json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            for _ in range(runs if what in READERS else 1)
        ]
        seconds, cpu, gib = (
            statistics.median(one[name] for one in found) for name in ("seconds", "cpu", "gib")
        )
        base = base or seconds
        ratio = f"{seconds / base:.1f}" if what in READERS else ""
        shown.add_row(
            what, f"{seconds:.1f}", f"{cpu:.1f}", f"{gib:.2f}", ratio, str(found[0]["said"])[:60]
        )
    Console(width=150).print(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="of each reader; the median counts")
    parser.add_argument("--folder", type=Path, help="a folder of results_folder.py")
    parser.add_argument("--skip", action="append", default=[], help="a measurement to leave out")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        sys.stdout.write(json.dumps(measure(args.once, args.folder)))
    elif args.folder:
        show(args.folder, args.runs, args.skip)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            write_folder(Path(scratch), args.trials, cores=2)
            show(Path(scratch), args.runs, args.skip)


if __name__ == "__main__":
    main()
