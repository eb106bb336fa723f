"""The option that puts what was found into an experiment tracker."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..exams.loaded import Run
    from ..exams.sweep.result import Sweep


def add_track_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--track``."""
    group = parser.add_argument_group("where it is tracked")
    group.add_argument(
        "--track",
        metavar="TRACKER[:PROJECT]",
        help="log curves, tables and the page to wandb (WANDB_MODE=offline keeps them here) or "
        "trackio; default project: snellen",
    )


def tracker_of(args: argparse.Namespace) -> tuple[str, str] | None:
    """The tracker and its project, checked before anything is asked.

    Raises:
        InputError: it is not known or not installed.
    """
    if args.track is None:
        return None
    from ..reports.trackers import PROJECT, check_tracker

    tracker, colon, project = args.track.partition(":")
    check_tracker(tracker)
    if colon and not project:
        raise InputError(f"--track {args.track}: a project stands after the colon")
    return tracker, project or PROJECT


def track_run(where: tuple[str, str] | None, run: Run | None) -> None:
    """Log a run, if that is asked for, and say where."""
    if where is not None and run is not None:
        from ..exams.track import track

        print(f"tracked: {track(run, where[0], project=where[1])}")


def track_cells(where: tuple[str, str] | None, sweep: Sweep) -> None:
    """Log a sweep, if that is asked for, and say where."""
    if where is not None:
        from ..exams.track import track_sweep

        for line in track_sweep(sweep, where[0], project=where[1]):
            print(f"tracked: {line}")
