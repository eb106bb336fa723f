"""All runs of a results folder as tables that SQL can ask, through DuckDB over Parquet."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...errors import InputError
from ...support.phases import phase
from ..manifest import Manifest, read_manifest
from ..trials import OUTCOMES
from .finding import run_folders
from .tables import parquet_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

MEMORY = "700MB"
"""What a query may hold; what needs more goes through files in the system's temporary folder."""

_GLOB = frozenset("*?[")
_OUTCOMES = ", ".join(f"count(*) FILTER (outcome = '{name}') AS {name}" for name in OUTCOMES)
_COUNTS = f"""
    CREATE TABLE counts AS
    SELECT run, any_value(model) AS model, task, mode, answer_form AS answer, lens, length,
           median(tokens) AS tokens, count(*) AS n, {_OUTCOMES}
    FROM scanned JOIN files USING (filename)
    GROUP BY run, task, mode, answer_form, lens, length
"""


class ResultsFolder:
    """The runs that lie in a folder.

    Three tables can be asked with `sql`: ``runs``, one row per run; ``trials``, one row per trial
    with the columns of ``trials.csv`` behind ``run``; ``counts``, one row per run, curve and
    length. Nothing is read before it is asked for, and then only the columns that are.

    Attributes:
        path: the folder.
        left_out: the runs that cannot be read, by their folder as in ``run``, and why not.
    """

    def __init__(self, path: Path | str, only: Iterable[Path] | None = None) -> None:
        """Find the runs of a folder.

        Args:
            path: the results folder, at any depth of which runs may lie; or a run directory.
            only: the run directories in it that count; default: all.

        Raises:
            InputError: it is no folder, or holds no run that can be read.
        """
        self.path = Path(path)
        found = run_folders(self.path) if only is None else list(only)
        with phase(f"reading {len(found):,} runs", "those without Parquet once"):
            read = _each(found)
        self.left_out: Mapping[str, str] = {
            self._name(run): str(what)
            for run, what in zip(found, read, strict=True)
            if isinstance(what, InputError)
        }
        kept = [
            (run, *what)
            for run, what in zip(found, read, strict=True)
            if not isinstance(what, InputError)
        ]
        if not kept:
            why = f": {next(iter(self.left_out.values()))}" if self.left_out else ""
            raise InputError(f"{self.path} holds no run that can be read{why}")
        self._scratch = Path(tempfile.mkdtemp(prefix="snellen-"))
        weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        self._files = [self._plain(at, file) for at, (_, file, _) in enumerate(kept)]
        self.runs = pd.DataFrame(
            [_about(self._name(run), manifest) for run, _, manifest in kept]
        ).astype(dict.fromkeys(_TEXTS, "string"))
        self._folders = {self._name(run): run for run, _, _ in kept}

    def folder(self, run: str) -> Path:
        """The run directory of a run.

        Raises:
            InputError: there is no such run.
        """
        try:
            return self._folders[run]
        except KeyError:
            raise InputError(f"{self.path} holds no run {run!r}") from None

    def sql(self, query: str, *parameters: Any, **tables: pd.DataFrame) -> DuckDBPyRelation:
        """Ask the tables ``runs``, ``trials`` and ``counts``.

        Args:
            query: a SELECT in DuckDB's SQL.
            *parameters: the values of ``?`` in it.
            **tables: tables of one's own, by the name that the query gives them.

        Returns:
            A relation, not yet read: ``.df()`` is it as a pandas table, ``.fetchall()`` as rows.

        Raises:
            InputError: the query is not valid.
        """
        if "counts" in query:
            self.counts  # noqa: B018 (made when first asked for)
        for name, table in tables.items():
            self._connection.register(name, table)
        with _understood():
            return self._connection.sql(query, params=list(parameters) or None)

    def table(self, query: str, *parameters: Any, **tables: pd.DataFrame) -> pd.DataFrame:
        """What `sql` finds, read.

        Raises:
            InputError: the query is not valid, or a file is broken.
        """
        found = self.sql(query, *parameters, **tables)
        with _understood():
            return pd.DataFrame(found.df())

    @property
    def trials(self) -> DuckDBPyRelation:
        """All trials, not yet read: a relation to filter, group, or ask ``.df()`` of."""
        return self._connection.table("trials")

    @cached_property
    def counts(self) -> DuckDBPyRelation:
        """Trials and outcomes by run, curve and length, read once."""
        with _understood():
            self._connection.execute(_COUNTS)
        return self._connection.table("counts")

    @cached_property
    def _connection(self) -> DuckDBPyConnection:
        import duckdb

        made = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY,
                "temp_directory": str(self._scratch),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
            },
        )
        made.execute("SET parquet_metadata_cache = true")
        files = pd.DataFrame({"filename": self._files, "run": self.runs["run"]})
        first = self.runs.sort_values(["created", "run"]).index
        files["place"] = pd.Series(range(len(first)), index=first)
        made.register("files", files)
        made.register("runs", self.runs)
        made.read_parquet(self._files, filename=True).create_view("scanned")
        made.execute(
            "CREATE VIEW trials AS SELECT run, scanned.* EXCLUDE (filename) "
            "FROM scanned JOIN files USING (filename)"
        )
        return made

    def _name(self, run: Path) -> str:
        return run.relative_to(self.path).as_posix()

    def _plain(self, at: int, file: Path) -> str:
        """The file under a name in which DuckDB sees no pattern."""
        if not _GLOB & set(str(file)):
            return str(file)
        link = self._scratch / f"{at}.parquet"
        link.symlink_to(file.resolve())
        return str(link)


@contextmanager
def _understood() -> Iterator[None]:
    """DuckDB's errors as ours, in one line."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise InputError(f"DuckDB cannot answer: {str(error).splitlines()[0]}") from error


_TEXTS = ("run", "run_id", "model", "endpoint", "documents_sha256", "created", "finished")


def _about(run: str, manifest: Manifest) -> dict[str, Any]:
    """The row of a run in ``runs``."""
    return {
        "run": run,
        "run_id": manifest.run_id,
        "model": manifest.plan.model,
        "endpoint": manifest.endpoint,
        "documents_sha256": manifest.documents_sha256,
        "seed": manifest.plan.seed,
        "created": manifest.created,
        "finished": manifest.finished,
        **{name: getattr(manifest, name) for name in ("asked", "answered", "failed", "cost_usd")},
    }


def _each(runs: Sequence[Path]) -> list[tuple[Path, Manifest] | InputError]:
    """The Parquet file and the manifest of every run, or why it cannot be read."""

    def read(run: Path) -> tuple[Path, Manifest] | InputError:
        try:
            return parquet_of(run), read_manifest(run / "manifest.json")
        except InputError as error:
            return error

    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as pool:
        return list(pool.map(read, runs))
