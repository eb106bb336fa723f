"""Which run directories lie in a results folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError


def run_folders(folder: Path) -> list[Path]:
    """Every run directory in a folder, or the folder itself where it is one, in order of names.

    A run directory is one with a manifest and a table of trials; what lies inside it is not
    looked at. Links are followed, and what is reached twice is listed once.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give a folder with run directories in it")
    return sorted(_below(folder, set()))


def _below(folder: Path, seen: set[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    inside = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == "manifest.json" and (folder / "trials.csv").is_file():
                    yield folder
                    return
                if not entry.name.startswith(".") and entry.is_dir():
                    inside.append(folder / entry.name)
    except PermissionError:
        return
    for one in inside:
        yield from _below(one, seen)
