"""What a cell costs beside its answers: on Ray, here, and in a loop of the shell.

    python benchmarks/sweep_overhead.py [--cells 2 6] [--cell-s 2]

The same cells three ways, one at a time, against a loopback server that takes a fixed time for an
answer: a loop of ``snellen run`` in a shell, ``snellen sweep`` here, and on a Ray cluster that
holds one cell at a time. Each is timed with few cells and with more; the difference is what one
more cell takes, and what is beyond the time that its answers take by themselves is its overhead.
What is paid once (the start of Python, of Ray, of its worker) is the rest, and is printed beside
it. A cell of 30 s has the same overhead: nothing of it grows with the time that answers take.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "wire"))

from wirescript import server_process

TRIALS = 4
CELL_S = 30.0


def plan_of(url: str, cells: int, seed: int) -> dict[str, object]:
    """Cells that differ in their lengths only in number; four questions each, one at a time."""
    model = {
        "model": "openai/wire-1", "base_url": url, "concurrency": 1,
        "cpus": os.cpu_count(),  # of Ray, which then carries out one cell at a time
    }  # fmt: skip
    tasks = "count_ones,copy_last,sum_digits,count_word,copy_first,sum_ones"
    return {
        "models": [model], "tasks": tasks.split(",")[:cells], "lengths": "4",
        "trials": TRIALS, "max_tokens": 16, "seed": seed,
    }  # fmt: skip


def timed(command: str, folder: Path) -> float:
    """Wall seconds of a command of the shell."""
    began = time.perf_counter()
    subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def snellen(*words: str) -> str:
    return shlex.join([sys.executable, "-m", "snellen", *words])


def loop(url: str, cells: int, folder: Path) -> float:
    """The cells one after another in a loop of the shell."""
    tasks = plan_of(url, cells, 0)["tasks"]
    assert isinstance(tasks, list)
    run = snellen("run", "--model", "openai/wire-1", "--base-url", url, "--concurrency", "1",
                  "--lengths", "4", "--trials", str(TRIALS), "--max-tokens", "16")  # fmt: skip
    return timed(f"for task in {' '.join(tasks)}; do {run} --tasks $task; done", folder)


def sweep(url: str, cells: int, folder: Path, *words: str) -> float:
    """The cells as a sweep."""
    (folder / "plan.json").write_text(json.dumps(plan_of(url, cells, 0)))
    return timed(snellen("sweep", "plan.json", *words), folder)


def main(counts: tuple[int, int], cell_s: float) -> None:
    os.environ |= {"OPENAI_API_KEY": "none-needed-here", "RAY_USAGE_STATS_ENABLED": "0"}
    ways: dict[str, Callable[[str, int, Path], float]] = {
        "shell loop": loop,
        "sweep here": sweep,
        "sweep on Ray": lambda url, cells, folder: sweep(url, cells, folder, "--engine", "ray"),
    }
    few, more = counts
    per_cell: dict[str, float] = {}
    print(f"a cell is {TRIALS} answers of {cell_s / TRIALS:g} s, one at a time")
    print(f"{'':14} {few} cells {more} cells  one more cell  overhead  once")
    with server_process("--latency", str(cell_s / TRIALS)) as root:
        for name, way in ways.items():
            walls = []
            for cells in counts:
                with tempfile.TemporaryDirectory() as folder:
                    walls.append(way(root + "/v1", cells, Path(folder)))
            each = (walls[1] - walls[0]) / (more - few)
            per_cell[name] = each - cell_s
            once = walls[0] - few * each
            print(
                f"{name:14} {walls[0]:5.1f} s {walls[1]:5.1f} s {each:11.2f} s "
                f"{each - cell_s:7.2f} s {once:5.1f} s",
                flush=True,
            )
    added = per_cell["sweep on Ray"] - per_cell["shell loop"]
    print(
        f"Ray against the shell loop: {added:+.2f} s per cell, {added / CELL_S:+.1%} of a cell of "
        f"{CELL_S:g} s (under 5 % asked)"
    )
    added = per_cell["sweep on Ray"] - per_cell["sweep here"]
    print(f"Ray against the sweep here: {added:+.2f} s per cell, {added / CELL_S:+.1%} of 30 s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs=2, default=(2, 6), metavar=("FEW", "MORE"))
    parser.add_argument("--cell-s", type=float, default=2.0, help="seconds of a cell's answers")
    args = parser.parse_args()
    main((args.cells[0], args.cells[1]), args.cell_s)
