"""Write finished runs in the formats that other tools read; nothing is overwritten.

parquet, csv      one table of trials, one of curves, one of acuities, for all runs together
hf-dataset        a dataset folder with a card, for datasets.load_dataset(OUT) or the Hub
inspect           logs of inspect_ai, one per curve: inspect view --log-dir OUT
every-eval-ever   records for the collection Every Eval Ever, with every sample
eval-results      ORG/NAME/.eval_results/*.yaml, for a model's repository on the Hub

Examples:
  snellen export results/bundled/* --to parquet --out trials.parquet
  snellen export results/bundled/* --to hf-dataset --out my-dataset
  snellen export results/*/chart --to eval-results --benchmark ME/eye-chart --out leaderboard
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exams.export import export

_OPTIONS = ("prompts", "organization", "relationship", "model_id", "benchmark", "metric",
            "source_url")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen export``."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR")
    parser.add_argument("--to", required=True, metavar="FORMAT", help="one of the formats above")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PATH",
        help="a new folder; for tables also a new file: x.parquet, x-curves.parquet, "
        "x-acuity.parquet",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="also export unfinished runs; they are marked as such",
    )
    group = parser.add_argument_group("parquet, csv")
    group.add_argument(
        "--prompts",
        action="store_true",
        default=None,
        help="include the prompts (the other formats always do)",
    )
    group = parser.add_argument_group("every-eval-ever, eval-results")
    group.add_argument(
        "--model-id",
        metavar="ORG/NAME",
        help="the model's name on the Hub, if it differs from the one in the run",
    )
    group.add_argument("--organization", metavar="NAME", help="who evaluated")
    group.add_argument(
        "--relationship",
        metavar="WHICH",
        help="of the evaluator to the maker of the model: first_party, third_party (default), "
        "collaborative, other",
    )
    group.add_argument(
        "--benchmark",
        metavar="ORG/NAME",
        help="the dataset on the Hub whose leaderboard takes the results",
    )
    group.add_argument(
        "--metric",
        metavar="WHICH",
        help="the number to report: sees (restricted mean acuity, default), L50, L80, L90",
    )
    group.add_argument("--source-url", metavar="URL", help="where the runs can be found")


def run(args: argparse.Namespace) -> int:
    """Export, and say what was written."""
    given = {name: getattr(args, name) for name in _OPTIONS}
    options = {name: value for name, value in given.items() if value is not None}
    done = export(args.runs, args.to, args.out, partial=args.partial, **options)
    for line in done.notes:
        print(f"• {line}")
    runs = "1 run" if done.runs == 1 else f"{done.runs} runs"
    files = "1 file" if len(done.files) == 1 else f"{len(done.files)} files"
    print(f"{done.path}: {done.trials:,} trials of {runs} in {files}")
    return 0
