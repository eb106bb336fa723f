"""The run directory of a probe: ``results/<model>/probe-<what>-<hash>/``.

CSV tables, a manifest and ``figures/``, each written whole or not at all.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..store.run_directory import folder_name

SCHEMA = 1
"""Version of the probe tables; a reader refuses a newer one."""


def probe_directory(out: Path, model: str, what: str, plan: Mapping[str, Any]) -> Path:
    """Make the directory of a probe; the same plan always has the same one.

    Raises:
        InputError: The place is a file or cannot be written.
    """
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True, default=str).encode()).hexdigest()
    folder = out / folder_name(model) / f"probe-{what}-{digest[:8]}"
    make_writable(folder)
    return folder


def make_writable(folder: Path) -> None:
    """Create a folder and see that it can be written to.

    Raises:
        InputError: It cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}; choose another --out") from (
            error
        )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A scratch path that replaces ``path`` at the end, or leaves it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as ``<name>.csv``."""
    for name, table in tables.items():
        with whole_file(folder / f"{name}.csv") as scratch:
            table.to_csv(scratch, index=False, lineterminator="\n")


def write_manifest(
    folder: Path, what: str, model: str, plan: Mapping[str, Any], **found: Any
) -> None:
    """Write ``manifest.json``: the plan, what was found beside the tables, and versions."""
    content = {
        "schema": SCHEMA,
        "probe": what,
        "model": model,
        "plan": dict(plan),
        **found,
        "versions": {
            name: _version(name) for name in ("snellen", "torch", "transformers", "numpy")
        },
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    with whole_file(folder / "manifest.json") as scratch:
        scratch.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
