"""Redraw reports from what is kept: run directories, or samples_*.jsonl of a stock lm-eval run.

Examples:
  snellen report results/bundled/count_ones-1a2b3c4d
  snellen report out/*/samples_snellen_*.jsonl --out my-report
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..harness.samples import read_samples
from ..reports.run.writing import write_report
from ..store.journal import Journal
from ..store.manifest import read_manifest
from ..store.trials import examples, read_trials, write_trials
from .reporting import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen report``."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="RUN_DIR | samples_*.jsonl")
    parser.add_argument(
        "--out", type=Path, help="folder for a report of samples (default: snellen-report)"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen report``."""
    samples = [path for path in args.paths if path.suffix == ".jsonl"]
    folders = [path for path in args.paths if path.suffix != ".jsonl"]
    if samples and folders:
        raise InputError("give run directories or samples_*.jsonl, not both at once")
    if args.out is not None and folders:
        raise InputError("--out goes with samples_*.jsonl; a run is reported where it lies")
    if samples:
        _report_samples(samples, args.out or Path("snellen-report"))
    for folder in folders:
        _report_run(folder)
    return 0


def _report_run(folder: Path) -> None:
    if not (folder / "trials.csv").is_file():
        raise InputError(f"{folder} holds no trials.csv; give a run directory")
    trials = read_trials(folder / "trials.csv")
    manifest = folder / "manifest.json"
    facts = read_manifest(manifest).model_dump(mode="json") if manifest.is_file() else {}
    shown = []
    if (folder / "journal.sqlite").is_file():
        with Journal(folder / "journal.sqlite") as journal:
            shown = list(examples(journal.entries()))
    show(write_report(folder, trials, facts, shown))


def _report_samples(paths: list[Path], out: Path) -> None:
    trials, shown = read_samples(paths)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be written: {error.strerror}") from error
    write_trials(out / "trials.csv", trials)
    facts = {"source": "lm-eval samples", "files": [path.name for path in paths]}
    show(write_report(out, trials, facts, shown))
