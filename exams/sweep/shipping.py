"""A run directory on its way to where it is kept: answers as they come, everything at the end.

SQLite must not be written over a network file system, and an object store knows no appending. So
a cell writes its journal on the disk of its own machine, and every batch of answers is shipped as
one small object (a *part*) before it counts as delivered. A cell that is started again elsewhere
builds its journal from the parts. No two attempts write the same object.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from ...errors import StoreError
from ...runners.cached import Results, entry_of
from ...store.answers import Entry, Reply
from ...store.journal import Journal
from ...support.files import write_atomically
from ..settings import Watcher
from .storage import Keep

PARTS = "parts"


class Shipping:
    """A watcher that ships every batch of answers, and tells another watcher."""

    def __init__(self, keep: Keep, folder: str, inner: Watcher) -> None:
        self._keep = keep
        self._folder = folder
        self._inner = inner
        self._attempt = secrets.token_hex(4)
        self._count = 0

    def opened(self, path: Path, total: int | None) -> None:
        """Ship the manifest: from then on the cell can be found."""
        manifest = (path / "manifest.json").read_bytes()
        self._keep.put(f"{self._folder}/manifest.json", manifest)
        self._inner.opened(path, total)

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Ship new answers; when this returns they are kept. Failures cost nothing and stay."""
        lines = [
            _line(entry_of(request, result))
            for request, result in results
            if not known and isinstance(result, Reply)
        ]
        if lines:
            name = f"{self._folder}/{PARTS}/{self._attempt}-{self._count:06}.jsonl"
            self._count += 1
            self._keep.put(name, "".join(lines).encode())
        self._inner.answered(results, known, spent)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._inner.note(text)

    def closed(self) -> None:
        """Pass it on."""
        self._inner.closed()


def restore(keep: Keep, folder: str, here: Path) -> None:
    """Bring what earlier attempts of a cell left behind into a folder of this machine.

    Raises:
        StoreError: it cannot be read.
    """
    manifest = keep.get(f"{folder}/manifest.json")
    if manifest is None:
        return
    write_atomically(here / "manifest.json", manifest)
    path = here / "journal.sqlite"
    if not path.exists() and (kept := keep.get(f"{folder}/journal.sqlite")) is not None:
        write_atomically(path, kept)
    parts = keep.names(f"{folder}/{PARTS}")
    if parts:
        with Journal(path) as journal:
            for name in parts:
                journal.append(list(read_part(name, keep.get(name) or b"")))


def ship_all(keep: Keep, folder: str, here: Path) -> None:
    """Ship a finished run directory; the manifest last, for it says that the rest is there."""
    files = [
        path.relative_to(here)
        for path in sorted(here.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    parts = keep.names(f"{folder}/{PARTS}")
    for path in sorted(files, key=lambda path: path.name == "manifest.json"):
        if path.name.endswith(("-wal", "-shm")) or path.parts[0] == PARTS:
            continue
        keep.put(f"{folder}/{PurePosixPath(path)}", (here / path).read_bytes())
    keep.remove(parts)


def bring_back(keep: Keep, folder: str, here: Path) -> None:
    """Copy a finished run directory from where it is kept into a folder of this machine."""
    names = keep.names(folder)
    for name in sorted(names, key=lambda name: name.endswith("/manifest.json")):
        inside = PurePosixPath(name).relative_to(folder)
        if inside.parts[0] != PARTS and (content := keep.get(name)) is not None:
            write_atomically(here / inside, content)


def read_part(name: str, content: bytes) -> Iterator[Entry]:
    """The entries of a part. A last line that was cut off by a crash was never acknowledged.

    Raises:
        StoreError: anything else in it is no entry.
    """
    lines = content.decode(errors="replace").split("\n")
    for line in lines[:-1]:
        try:
            found = json.loads(line)
            yield Entry(**{**found, "result": Reply(**found["result"])})
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{name} is no part of a journal: {error}") from error


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"
