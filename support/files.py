"""Files that are either the old or the new one, whole, at any moment: the one atomic writer."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A scratch path beside ``path`` that takes its place at the end.

    Whoever reads ``path``, and a crash at any moment, finds the old file or the new one, never a
    part. When the block raises, ``path`` stays as it was. The scratch path ends in the same
    suffix, so that writers which go by it (numpy, pandas) do as they would for ``path`` itself.

    Args:
        path: The file to write; its folder is made where there is none.

    Raises:
        FileNotFoundError: The block wrote nothing to the scratch path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A random name: two processes, or threads of one, may write the same file at once.
    scratch = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.{path.name}")
    try:
        yield scratch
        with scratch.open("rb") as written:
            os.fsync(written.fileno())
        scratch.replace(path)
    except OSError as error:
        # A full disk names no file by itself.
        raise OSError(error.errno, f"cannot write to {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):  # a disk that cannot be written to has none
            scratch.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all; text is UTF-8, with its line ends as they are.

    Args:
        path: The file to write; its folder is made where there is none.
        content: What it shall hold.

    Returns:
        ``path``.
    """
    with whole_file(path) as scratch:
        scratch.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def make_folder(folder: Path, option: str = "--out") -> Path:
    """Make a folder where there is none, and see that it can be written to.

    Args:
        folder: The folder.
        option: The option of the command line that chose it, for the message.

    Raises:
        InputError: It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror}; choose another {option}"
        ) from error
    return folder
