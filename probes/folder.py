"""The folder of a probe: ``results/<model>/probe-<what>-<hash>/``.

CSV tables, a manifest, ``figures/``, and ``parts/``: what was finished before an interruption,
so that the same command continues from there. Each file is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..store.run_directory import folder_name
from ..support.files import make_folder, whole_file, write_atomically

SCHEMA = 2
"""Version of the probe tables (1 had a column ``collapsed``); a reader refuses a newer one."""

PARTS = 6
"""Version of what is kept of finished parts. Raise it with any change of their tables, columns or
meaning: parts of another version are left alone, and what they hold is measured anew."""

Tables = dict[str, pd.DataFrame]


def probe_folder(out: Path, model: str, what: str, plan: Mapping[str, Any]) -> Path:
    """Make the folder of a probe; the same plan always has the same one.

    Raises:
        InputError: The place is a file or cannot be written.
    """
    return make_folder(out / folder_name(model) / f"probe-{what}-{digest(plan)}")


def digest(content: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that stand for a record."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Parts:
    """Finished parts of a measurement, each kept on disk the moment it is finished.

    A part is found again only for the same plan, weights, machine, versions and shape; one that
    cannot be read is as good as none.
    """

    def __init__(self, folder: Path | None = None, identity: Mapping[str, Any] | None = None):
        """Args give where to keep (None: nowhere), and all that could change a number."""
        self._folder = folder
        self._identity = digest({"parts": PARTS, **(identity or {})})

    def get(self, name: str, compute: Callable[[], Tables]) -> Tables:
        """The tables of a part: those kept, or computed now and kept."""
        kept = self.find(name)
        if kept is None:
            kept = compute()
            self._keep(name, kept)
        return kept

    def find(self, name: str) -> Tables | None:
        """The tables of a part that was finished before, or None."""
        path = self._path(name)
        if path is None or not path.is_file():
            return None
        try:
            with zipfile.ZipFile(path) as archive:
                return {
                    member.removesuffix(".parquet"): pd.read_parquet(
                        io.BytesIO(archive.read(member))
                    )
                    for member in archive.namelist()
                }
        except (zipfile.BadZipFile, ValueError):  # pyarrow's own errors are ValueErrors
            return None

    def _keep(self, name: str, tables: Tables) -> None:
        if (path := self._path(name)) is None:
            return
        with whole_file(path) as scratch, zipfile.ZipFile(scratch, "w") as archive:
            for table, frame in tables.items():
                buffer = io.BytesIO()
                frame.to_parquet(buffer, index=False)
                archive.writestr(f"{table}.parquet", buffer.getvalue())

    def _path(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / "parts" / f"{name.replace('/', '-')}-{self._identity}.zip"


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as ``<name>.csv``."""
    for name, table in tables.items():
        with whole_file(folder / f"{name}.csv") as scratch:
            table.to_csv(scratch, index=False, lineterminator="\n")


def write_manifest(
    folder: Path, what: str, model: str, plan: Mapping[str, Any], **found: Any
) -> None:
    """Write ``manifest.json``: the plan, what was found beside the tables, and versions.

    ``found`` names, among others, the ``weights`` (a hash) and the ``machine`` (device, CPU,
    threads) of a probe that computes: what a null band depends on.
    """
    content = {
        "schema": SCHEMA,
        "probe": what,
        "model": model,
        "plan": dict(plan),
        **found,
        "versions": versions(),
        "python": platform.python_version(),
    }
    write_atomically(folder / "manifest.json", json.dumps(content, indent=2, default=str) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a probe.

    Raises:
        InputError: There is none, or it is of a newer Snellen.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a probe: it holds no manifest.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content.get("schema", 0) > SCHEMA:
        raise InputError(
            f"{path} has schema {content['schema']}, this Snellen knows {SCHEMA}: upgrade snellen"
        )
    return content


def versions() -> dict[str, str | None]:
    """Versions of the packages that compute a probe."""
    return {name: _version(name) for name in ("snellen", "torch", "transformers", "numpy")}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
