"""Where an export is written: a new folder or new files, whole or not at all, over nothing."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError

_FILES = (".parquet", ".csv", ".eval", ".json", ".jsonl", ".yaml", ".md")


@dataclass(frozen=True, slots=True)
class Output:
    """What is to be written.

    Attributes:
        where: as the user named it.
        targets: of a table that is a file: what each table is called in a folder, and its file;
            the one that the user named comes last. Else nothing: ``where`` is a folder.
    """

    where: Path
    targets: Mapping[str, Path]

    @classmethod
    def of(cls, where: Path, to: str) -> Output:
        """Where a format is written.

        Raises:
            InputError: something is there already, or the format is no single file.
        """
        targets: dict[str, Path] = {}
        if to in ("parquet", "csv") and where.suffix == f".{to}":
            for name in ("curves", "acuity"):
                targets[f"{name}.{to}"] = where.with_name(f"{where.stem}-{name}.{to}")
            targets[f"trials.{to}"] = where
        elif where.suffix in _FILES:
            raise InputError(
                f"--out {where}: {to} is written as a folder; leave {where.suffix!r} out"
            )
        for path in list(targets.values()) or [where]:
            empty = not targets and path.is_dir() and not any(path.iterdir())
            if os.path.lexists(path) and not empty:
                raise InputError(f"{path} exists, and nothing is overwritten; choose another --out")
        return cls(where, targets)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder beside the output; gone at the end, whatever happens.

        Raises:
            InputError: it cannot be made.
        """
        name = f".{os.getpid()}-{secrets.token_hex(4)}.{self.where.name}"
        scratch = self.where.absolute().parent / name
        try:
            scratch.mkdir(parents=True)
        except OSError as error:
            raise InputError(f"--out {self.where} cannot be written: {error.strerror}") from error
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def put(self, scratch: Path) -> list[Path]:
        """Put what was written in its place.

        Returns:
            Every file.

        Raises:
            InputError: something came up there meanwhile, or it cannot be written.
        """
        files = sorted(path.relative_to(scratch) for path in scratch.rglob("*") if path.is_file())
        for file in files:
            with (scratch / file).open("rb") as written:
                os.fsync(written.fileno())
        try:
            if not self.targets:
                scratch.rename(self.where)  # over an empty folder, never over one that holds any
                return [self.where / file for file in files]
            for name, target in self.targets.items():
                _place(scratch / name, target)
        except OSError as error:
            raise InputError(f"--out {self.where} cannot be written: {error.strerror}") from error
        return list(self.targets.values())


def _place(source: Path, target: Path) -> None:
    """Give a file its name, unless another has it."""
    with suppress(PermissionError, NotImplementedError):
        os.link(source, target)
        return
    if os.path.lexists(target):  # a file system without links
        raise FileExistsError(17, "a file is there by now", str(target))
    source.rename(target)
