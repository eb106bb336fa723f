"""The run directory: ``results/<model>/<run-id>/`` and what lies in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import InputError
from .journal import Journal, digest
from .manifest import (
    Manifest,
    first_difference,
    now,
    read_manifest,
    versions,
    write_manifest,
)
from .plan import Plan


def folder_name(model: str) -> str:
    """A model's name as one folder name.

    >>> folder_name("vllm/HuggingFaceTB/SmolLM2-135M")
    'vllm__HuggingFaceTB__SmolLM2-135M'
    """
    return re.sub(r"[^\w.-]|^\.+", "_", model.strip("/").replace("/", "__")) or "_"


def documents_sha256(documents: Iterable[tuple[str, str]]) -> str:
    """Hash over a plan's documents, in order.

    Args:
        documents: SHA-256 of the prompt, and truth, of every trial.
    """
    return digest([list(document) for document in documents])


class RunDirectory:
    """One run on disk.

    Attributes:
        path: the folder.
        manifest: its manifest, as last written.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @property
    def journal_path(self) -> Path:
        """The journal of answers."""
        return self.path / "journal.sqlite"

    @property
    def trials_path(self) -> Path:
        """The table of trials."""
        return self.path / "trials.csv"

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """The journal, locked for this process.

        Raises:
            InputError: another process has it, or it is corrupt.
        """
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"{self.path} is in use by another snellen process; wait for it, or choose "
                "another --run-id"
            ) from None
        try:
            with Journal(self.journal_path) as journal:
                yield journal
        finally:
            lock.release()

    def update(self, **fields: Any) -> None:
        """Change fields of the manifest and write it."""
        self.manifest = self.manifest.model_copy(update=fields)
        write_manifest(self.path / "manifest.json", self.manifest)


def find_run(path: Path) -> RunDirectory:
    """A run directory that exists.

    Raises:
        InputError: there is none, or its manifest cannot be read.
    """
    if not (path / "journal.sqlite").is_file():
        raise InputError(f"{path} is not a run directory: it holds no journal.sqlite")
    return RunDirectory(path, read_manifest(path / "manifest.json"))


def open_run(
    out: Path,
    plan: Plan,
    numerics: Mapping[str, Any],
    documents: Sequence[tuple[str, str]],
    *,
    run_id: str | None = None,
    endpoint: str | None = None,
) -> RunDirectory:
    """The run directory of a plan: created, or found again and resumed.

    Args:
        out: the results folder.
        plan: what is asked.
        numerics: what the engine or server is.
        documents: SHA-256 of the prompt, and truth, of every trial, in the plan's order.
        endpoint: the URL that is really asked.
        run_id: the run's name; default: from the plan and the engine, so that the same command
            resumes, and an upgraded engine begins afresh.

    Raises:
        InputError: the folder cannot be written, or holds a run of another plan.
    """
    name = run_id or plan.run_id(numerics)
    path = out / folder_name(plan.model) / folder_name(name)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"--out {out}: {path} is or lies under a file, not a folder") from None
    except OSError as error:
        raise InputError(f"--out {out} cannot be written: {error.strerror}") from error
    sha256 = documents_sha256(documents)
    if (path / "manifest.json").exists():
        manifest = read_manifest(path / "manifest.json")
        _check_same_run(path, manifest, plan, numerics, endpoint, sha256)
        run = RunDirectory(path, manifest)
    else:
        run = RunDirectory(
            path,
            Manifest(
                run_id=name,
                plan=plan,
                endpoint=endpoint,
                documents_sha256=sha256,
                numerics=dict(numerics),
                created=now(),
                asked=len(documents),
            ),
        )
    try:
        run.update(versions=versions(), endpoint=endpoint)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return run


def _check_same_run(
    path: Path,
    manifest: Manifest,
    plan: Plan,
    numerics: Mapping[str, Any],
    endpoint: str | None,
    documents: str,
) -> None:
    difference = first_difference(
        manifest.plan.model_dump(mode="json"), plan.model_dump(mode="json")
    ) or first_difference(manifest.numerics, numerics)
    if difference is None and manifest.endpoint not in (None, endpoint):
        difference = f"the server asked was {manifest.endpoint} and is now {endpoint}"
    if difference is None and manifest.documents_sha256 != documents:
        difference = "the task generators have changed since (documents_sha256)"
    if difference is not None:
        raise InputError(
            f"{path} holds another run: {difference}; repeat its command as it was, or choose "
            "another --run-id"
        )
