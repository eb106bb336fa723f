"""Write a synthetic results folder, through the store's own writers: for results_scale.py.

Usage: python benchmarks/results_folder.py FOLDER [--trials 10000000] [--cores 2]

FOLDER/float32 and FOLDER/bfloat16 hold the same models. Each model has the leaderboard's own run
(720 trials) and four of a finer grid with a seed each (2,288 trials): 9,872 trials in five runs.
A model loses sight at a length of its own; bfloat16 at four fifths of it. What is there already is
not written again.
"""

from __future__ import annotations

import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from snellen.exams import board_design
from snellen.exams.leaderboard import board_plan, design
from snellen.store.manifest import Manifest, now, write_manifest
from snellen.store.plan import Plan
from snellen.store.trials import COLUMNS, write_trials

PRECISIONS = ("float32", "bfloat16")
SEEDS = (1, 2, 3, 4)
LENGTHS = tuple(sorted({round(2 ** (i / 3)) for i in range(3, 30)}))
TASKS = board_design.TASKS[:4]
EACH = 22
"""Trials of the finer grid at each length."""
PER_MODEL = 720 + len(SEEDS) * len(TASKS) * len(LENGTHS) * EACH


def write_folder(folder: Path, trials: int, cores: int) -> None:
    """Write so many trials, or a few more."""
    jobs = [
        (precision, model)
        for precision in PRECISIONS
        for model in range(-(-trials // (PER_MODEL * len(PRECISIONS))))
    ]
    with ProcessPoolExecutor(cores) as pool:
        for _ in pool.map(partial(_write_model, folder), *zip(*jobs, strict=True), chunksize=8):
            pass


def _write_model(folder: Path, precision: str, number: int) -> None:
    model = f"vllm/org/model-{number:04}"
    rng = np.random.default_rng([number, PRECISIONS.index(precision)])
    sees = 2 ** np.random.default_rng(number).uniform(0, 8)
    if precision == "bfloat16":
        sees *= 0.8
    where = folder / precision / model.replace("/", "__")
    plan = board_plan(model)
    _write_run(where / board_design.RUN_ID, plan, _asked(0), sees, precision, rng)
    for seed in SEEDS:
        plan = Plan(model=model, tasks=TASKS, lengths=LENGTHS, trials=EACH, seed=seed)
        _write_run(where / f"grid-{seed}", plan, _asked(seed), sees, precision, rng)


@cache
def _asked(seed: int) -> pd.DataFrame:
    """What is asked: the board's design for seed 0, and a grid that is like it for the others."""
    if seed == 0:
        return design().trials
    grid = pd.MultiIndex.from_product(
        [TASKS, LENGTHS, range(EACH)], names=["task", "length", "index"]
    ).to_frame(index=False)
    grid["truth"] = np.random.default_rng(seed).integers(0, 1000, len(grid)).astype(str)
    grid["prompt_sha256"] = [
        hashlib.sha256(f"{seed} {row}".encode()).hexdigest() for row in range(len(grid))
    ]
    return grid.assign(mode="direct", answer_form="free", lens="none", seed=seed)


def _write_run(
    where: Path,
    plan: Plan,
    asked: pd.DataFrame,
    sees: float,
    precision: str,
    rng: np.random.Generator,
) -> None:
    if (where / "manifest.json").is_file():
        return
    length, n = asked["length"].to_numpy(float), len(asked)
    right = rng.random(n) < 1 / (1 + (length / sees) ** 2)
    draw = rng.random(n)
    outcome = np.select(
        [draw < 0.002, draw < 0.01, draw < 0.02, right],
        ["failed", "truncated", "unparseable", "correct"],
        "wrong",
    )
    read = np.isin(outcome, ["correct", "wrong"])
    guess = asked["truth"].where(
        pd.Series(outcome == "correct", asked.index), "no " + asked["truth"]
    )
    table = asked.assign(
        run_id=where.name,
        model=plan.model,
        tokens=length.astype(int) + 40,
        answer=guess.where(read),
        outcome=outcome,
        abs_error=np.where(read, np.where(outcome == "correct", 0, rng.integers(1, 99, n)), np.nan),
        finish_reason="stop",
        prompt_tokens=length.astype(int) + 40,
        completion_tokens=rng.integers(2, 30, n),
        latency_s=rng.gamma(2, 0.1, n).round(3),
        reading=pd.Series("final_line", asked.index).where(read),
        rivals=None,
        depth=None,
        log_odds=None,
    )
    write_trials(where / "trials.csv", table[list(COLUMNS)].astype(COLUMNS))
    failed = int((outcome == "failed").sum())
    manifest = Manifest(
        run_id=where.name,
        plan=plan,
        documents_sha256=board_design.SHA256 if where.name == board_design.RUN_ID else "0" * 64,
        numerics={"engine": "vllm 0.18", "dtype": precision},
        created=now(),
        finished=now(),
        asked=n,
        answered=n - failed,
        failed=failed,
        cost_usd=0.01,
    )
    write_manifest(where / "manifest.json", manifest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=10_000_000)
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    write_folder(args.folder, args.trials, args.cores)


if __name__ == "__main__":
    main()
