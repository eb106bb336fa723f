"""Shared storage behind an fsspec URL: small objects, written whole, and who may write there."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from ...errors import InputError, StoreError
from ...support.files import write_atomically
from ...support.secrets import redact

LOCK = "sweep.lock"
_REFRESHED_S = 15.0
_STALE_S = 60.0


class Keep(Protocol):
    """Where what a cell came to is kept, away from the machine that carries it out."""

    def put(self, name: str, content: bytes) -> None:
        """Keep an object; when this returns it is kept.

        Raises:
            StoreError: it could not be written.
        """
        ...

    def get(self, name: str) -> bytes | None:
        """An object, or ``None`` where there is none."""
        ...

    def names(self, folder: str) -> list[str]:
        """Every object below a folder, sorted."""
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; those that are gone already do not matter."""
        ...


class FsspecKeep:
    """A folder behind an fsspec URL: ``s3://bucket/folder``, ``file:///folder``, ``memory://x``."""

    def __init__(self, url: str) -> None:
        """Find the file system.

        Raises:
            InputError: there is no such kind of storage, or what it needs is not installed.
        """
        import fsspec  # late: only where storage is asked for

        self.url = url
        kind, colon, _ = url.partition("://")
        if not colon and not Path(url).is_absolute():
            raise InputError(
                f"storage {redact(url)}: a URL, such as s3://bucket/folder or file:///folder, that "
                "means the same on every node"
            )
        try:
            self._fs, root = fsspec.url_to_fs(url)
        except ImportError as error:
            missing = _missing(kind) or str(error)
            raise InputError(f"storage {redact(url)}: {redact(missing)}") from error
        except ValueError as error:
            raise InputError(f"storage {redact(url)}: {redact(str(error))}") from error
        except Exception as error:  # whatever a file system's own package raises
            raise InputError(f"storage {redact(url)} cannot be used: {_words(error)}") from error
        self._root = str(root).rstrip("/")
        self._local = "file" in _protocols(self._fs)

    def put(self, name: str, content: bytes) -> None:
        """Keep an object, whole or not at all. See :class:`Keep`."""
        path = f"{self._root}/{name}"
        try:
            if self._local:
                write_atomically(Path(path), content)
            else:
                self._fs.pipe_file(path, content)
        except Exception as error:
            raise StoreError(f"cannot write {redact(self.url)}/{name}: {_words(error)}") from error

    def get(self, name: str) -> bytes | None:
        """An object. See :class:`Keep`."""
        try:
            return bytes(self._fs.cat_file(f"{self._root}/{name}"))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise StoreError(f"cannot read {redact(self.url)}/{name}: {_words(error)}") from error

    def names(self, folder: str) -> list[str]:
        """Every object below a folder. See :class:`Keep`."""
        top = f"{self._root}/{folder}".rstrip("/")
        self._fs.invalidate_cache()  # others write there too
        try:
            found = self._fs.find(top)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise StoreError(f"cannot list {redact(self.url)}: {_words(error)}") from error
        return sorted(str(path)[len(self._root) + 1 :] for path in found)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects. See :class:`Keep`."""
        for name in names:
            with suppress(Exception):  # a leftover is harmless
                self._fs.rm_file(f"{self._root}/{name}")

    def check(self) -> None:
        """Make sure that it can be written to.

        Raises:
            InputError: it cannot.
        """
        probe = f".probe-{secrets.token_hex(4)}"
        try:
            self.put(probe, b"")
        except StoreError as error:
            raise InputError(f"storage: {error}") from error
        self.remove([probe])


@contextmanager
def claimed(keep: FsspecKeep) -> Iterator[None]:
    """Hold shared storage against a second sweep, also one on another machine.

    A lock is renewed while its sweep lives; what was not renewed for a minute is taken over, and
    that of a process of this machine that is gone at once. Object stores have no lock that is
    surer than this; answers are safe in any case, for no two attempts write the same object.

    Raises:
        InputError: another sweep holds it.
    """
    mine = {"id": secrets.token_hex(8), "host": socket.gethostname(), "pid": os.getpid()}
    if (theirs := _lock(keep)) and not _gone(theirs):
        raise InputError(
            f"{redact(keep.url)} is in use by another sweep (process {theirs.get('pid')} on "
            f"{theirs.get('host')}); wait for it, or choose another --storage"
        )
    done = threading.Event()

    def renew() -> None:
        while not done.wait(_REFRESHED_S):
            with suppress(StoreError):
                keep.put(LOCK, json.dumps({**mine, "at": time.time()}).encode())

    keep.put(LOCK, json.dumps({**mine, "at": time.time()}).encode())
    if _lock(keep).get("id") != mine["id"]:
        raise InputError(f"{redact(keep.url)} was taken by another sweep just now; wait for it")
    renewing = threading.Thread(target=renew, name="sweep-lock", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        keep.remove([LOCK])


def _lock(keep: FsspecKeep) -> dict[str, Any]:
    try:
        return dict(json.loads(keep.get(LOCK) or b"{}"))
    except ValueError:
        return {}


def _gone(lock: dict[str, Any]) -> bool:
    """Whether the holder of a lock has left it behind."""
    if time.time() - float(lock.get("at", 0)) > _STALE_S:
        return True
    if lock.get("host") != socket.gethostname():
        return False
    try:
        os.kill(int(lock["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _missing(kind: str) -> str:
    """What to install for a kind of storage that has a package of its own; else empty."""
    from fsspec.registry import known_implementations

    package = str(known_implementations.get(kind, {}).get("class", "")).partition(".")[0]
    if package in ("", "fsspec"):
        return ""
    return f"{kind}:// needs {package}: pip install {package}, here and on every node"


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _words(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redact(" ".join(told.split())) or type(error).__name__
