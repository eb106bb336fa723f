"""Things by name: Snellen's own, and those of plug-ins, looked for once and only when needed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar

_LOG = logging.getLogger("snellen.plugins")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Named(Protocol):
    """What can stand in a catalogue."""

    @property
    def name(self) -> str:
        """What it is asked for by."""


T = TypeVar("T", bound=Named)


class Catalogue(Mapping[str, T], Generic[T]):
    """A read-only mapping from names to things, in order: own ones first.

    A plug-in is an entry point whose value is such a thing, an iterable of them, or a function
    that gives either. One that cannot be loaded, or whose name is taken, is told of in one line
    of warning and left out; the others are there all the same.
    """

    def __init__(
        self, group: str, kind: type[T], own: Iterable[T], reserved: Iterable[str] = ()
    ) -> None:
        """Hold things of one kind.

        Args:
            group: the group of entry points.
            kind: their class.
            own: Snellen's own.
            reserved: names that a plug-in may not take.
        """
        self._group, self._kind = group, kind
        self.own = {one.name: one for one in own}
        self._reserved = frozenset(reserved)

    @cached_property
    def plugged(self) -> dict[str, T]:
        """What plug-ins bring, by name."""
        found: dict[str, T] = {}
        for entry in sorted(entry_points(group=self._group), key=_place):
            try:
                offered = self._offered(entry)
            except Exception as error:  # somebody else's code may raise anything
                _warn(entry, f"cannot be loaded ({type(error).__name__}: {_line(error)})")
                continue
            for one in offered:
                if problem := self._problem(one, found):
                    _warn(entry, problem)
                else:
                    found[one.name] = one
        return found

    def _offered(self, entry: EntryPoint) -> list[T]:
        value = entry.load()
        if callable(value) and not isinstance(value, self._kind):
            value = value()
        return list(value) if isinstance(value, Iterable) else [value]

    def _problem(self, one: T, found: Mapping[str, T]) -> str:
        kind = self._kind.__name__
        if not isinstance(one, self._kind):
            return f"gives {type(one).__name__!r} where a snellen.{kind} is wanted"
        if not isinstance(one.name, str) or not _NAME.fullmatch(one.name):
            return (
                f"names a {kind.lower()} {one.name!r}; a name is lower-case letters, digits and _"
            )
        if one.name in self.own or one.name in self._reserved:
            return f"names a {kind.lower()} {one.name!r}, which is Snellen's own; rename it"
        if one.name in found:
            return f"names a {kind.lower()} {one.name!r}, which another plug-in has named before"
        return ""

    def __getitem__(self, name: str) -> T:
        return self.own[name] if name in self.own else self.plugged[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from self.plugged

    def __len__(self) -> int:
        return len(self.own) + len(self.plugged)


def _place(entry: EntryPoint) -> tuple[str, str]:
    return (entry.name, entry.value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _warn(entry: EntryPoint, problem: str) -> None:
    package = entry.dist.name if entry.dist is not None else "unknown package"
    _LOG.warning(
        "plug-in %s = %s (%s) %s; it is left out", entry.name, entry.value, package, problem
    )
