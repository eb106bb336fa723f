"""Redraw reports, from run directories or from samples_*.jsonl of a stock lm-eval run.

With --rejudge, every answer in the journal is read again with this version's reader, and what
changed is listed. A folder of runs gets results.html and results.csv, one row per run and curve.

With --as-samples, runs of one model at a temperature above 0, each with its own --sampling-seed,
count as several samples of each prompt. The result says how far the model sees on exactly these
prompts, and on prompts like them.

Examples:
  snellen report results/bundled/count_ones-1a2b3c4d
  snellen report results
  snellen report archive/run --out pages/run
  snellen report results/bundled/count_ones-1a2b3c4d --rejudge
  snellen report out/*/samples_snellen_*.jsonl --out my-report
  snellen report results/m/seed-1 results/m/seed-2 results/m/seed-3 --as-samples
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import InputError
from ..exams.overview import is_results, report_folder
from ..exams.redraw import report_run, report_samples
from ..exams.samples import samples as take_samples
from ..exams.samples import write_table
from .showing import show_report

_MOST_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen report``."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="RUN_DIR | RESULTS_DIR | samples_*.jsonl"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="folder to write to (default: that of the run or results; samples: snellen-report)",
    )
    parser.add_argument(
        "--as-samples",
        action="store_true",
        help="treat the runs as samples of the same prompts, and write OUT/samples.csv",
    )
    parser.add_argument(
        "--rejudge", action="store_true", help="read every answer again, and list what changed"
    )


def run(args: argparse.Namespace) -> int:
    """Redraw, and say where the pages are."""
    samples = [path for path in args.paths if path.suffix == ".jsonl"]
    folders = [path for path in args.paths if path.suffix != ".jsonl"]
    if samples and folders:
        raise InputError("give run directories or samples_*.jsonl, not both at once")
    if args.as_samples:
        if samples or args.rejudge:
            raise InputError("--as-samples goes with run directories alone")
        _show_samples(folders, args.out or Path("snellen-report"))
        return 0
    if args.out is not None and len(folders) > 1:
        raise InputError("--out takes the report of one run or results folder; name one at a time")
    if args.out is not None and args.rejudge:
        raise InputError("--rejudge writes the table of the run itself; leave --out out")
    if samples and args.rejudge:
        raise InputError("--rejudge goes with run directories; samples are always read anew")
    if samples:
        show_report(report_samples(samples, args.out or Path("snellen-report")))
    for folder in folders:
        if is_results(folder):
            _overview(folder, args.out, args.rejudge)
        else:
            _redraw(folder, args.out, args.rejudge)
    return 0


def _show_samples(folders: list[Path], out: Path) -> None:
    curves, points = take_samples(folders)
    table = write_table(out / "samples.csv", points)
    for curve in curves:
        print(
            f"{curve.key.name}: sees to {curve.sees:.3g} items"
            f" ({curve.these.low:.3g} to {curve.these.high:.3g} on these {curve.prompts:,} prompts,"
            f" {curve.like_these.low:.3g} to {curve.like_these.high:.3g} on prompts like them);"
            f" L50 on prompts like them {curve.l50}"
        )
        print(f"  • {curve.samples:,} answers; {curve.worth:.1f} of one prompt are worth a new one")
        if curve.l50.reason is not None:
            print(f"  • {curve.l50.reason}")
    print(table)


def _overview(folder: Path, out: Path | None, rejudge: bool) -> None:
    if rejudge:
        raise InputError(f"{folder} is a folder of runs; --rejudge goes with run directories")
    written = report_folder(folder, out=out)
    for run, reason in written.left_out.items():
        print(f"snellen: left out {run}: {reason}", file=sys.stderr)
    trials = int(written.table["n"].sum())
    print(f"{written.runs:,} runs, {len(written.table):,} curves, {trials:,} trials")
    print(f"results: {written.page}")


def _redraw(folder: Path, out: Path | None, rejudge: bool) -> None:
    report, changed = report_run(folder, out=out, rejudge=rejudge)
    show_report(report)
    if changed is None:
        return
    print(f"{len(changed):,} trials are judged otherwise than before")
    for row in changed.head(_MOST_SHOWN).to_dict("records"):
        print(
            f"  {row['task']} ({row['mode']}, {row['lens']}) length {row['length']} index "
            f"{row['index']}: {row['outcome_before']} {row['answer_before']!r} → "
            f"{row['outcome_after']} {row['answer_after']!r}"
        )
    if len(changed) > _MOST_SHOWN:
        print(f"  … and {len(changed) - _MOST_SHOWN:,} more; see {folder / 'trials.csv'}")
