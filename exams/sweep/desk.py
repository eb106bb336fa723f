"""The desk: an actor on the driver's machine to which the nodes report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .storage import FsspecKeep


class Desk:
    """Hears how far cells are; without shared storage it also keeps what they send.

    Ray runs it in a process of its own, on the machine of the results folder.
    """

    def __init__(self, out: str) -> None:
        self._heard: dict[str, dict[str, Any]] = {}
        self._keep = FsspecKeep(out) if out else None

    def hear(self, cell: str, told: dict[str, Any]) -> None:
        """A cell tells how far it is."""
        self._heard[cell] = told

    def told(self) -> dict[str, dict[str, Any]]:
        """What cells have told since this was last asked."""
        heard, self._heard = self._heard, {}
        return heard

    def put(self, name: str, content: bytes) -> None:
        """Keep an object. See :class:`~snellen.exams.sweep.storage.Keep`."""
        self._home.put(name, content)

    def get(self, name: str) -> bytes | None:
        """An object. See :class:`~snellen.exams.sweep.storage.Keep`."""
        return self._home.get(name)

    def names(self, folder: str) -> list[str]:
        """Every object below a folder. See :class:`~snellen.exams.sweep.storage.Keep`."""
        return self._home.names(folder)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects. See :class:`~snellen.exams.sweep.storage.Keep`."""
        self._home.remove(names)

    @property
    def _home(self) -> FsspecKeep:
        if self._keep is None:
            raise RuntimeError("this desk keeps nothing: the sweep has shared storage")
        return self._keep


class DeskKeep:
    """The desk as a place to keep things, from a node; see :class:`.storage.Keep`."""

    def __init__(self, ray: Any, desk: Any) -> None:
        self._ray = ray
        self._desk = desk

    def put(self, name: str, content: bytes) -> None:
        """Keep an object; when this returns it is on the disk of the driver's machine."""
        self._ray.get(self._desk.put.remote(name, content))

    def get(self, name: str) -> bytes | None:
        """An object."""
        found: bytes | None = self._ray.get(self._desk.get.remote(name))
        return found

    def names(self, folder: str) -> list[str]:
        """Every object below a folder."""
        return list(self._ray.get(self._desk.names.remote(folder)))

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects."""
        self._ray.get(self._desk.remove.remote(list(names)))
