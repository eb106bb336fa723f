"""The acuities of an entry: fitted when they are first asked for, and kept for the next board."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import scipy
from platformdirs import user_cache_path

from ... import stats
from ...stats.acuity import Acuity
from ...stats.intervals import Interval
from ...support.files import write_atomically
from ..acuities import UNREADABLE, acuities
from ..catalogue import chance
from ..curves import by_curve

FITTED = 200
"""On a board of more models, L50 of each task is fitted for the first so many ranks alone."""

NOT_FITTED = f"fitted for the first {FITTED} only; see the run's own page"


class Said(Protocol):
    """What a board says of one task: its L50, and what a reader must know before trusting it."""

    @property
    def l50(self) -> Acuity:
        """The acuity, or the reason why there is none."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line each."""


class Quoted(NamedTuple):
    """An acuity as it is quoted, without the curve behind it.

    Attributes:
        l50: the acuity, or the reason why there is none.
        warnings: one line each.
    """

    l50: Acuity
    warnings: tuple[str, ...]


class FittedLater(Mapping[str, Said]):
    """What is said of the curves of one model, by their names; as `acuities` says it.

    A fit takes a moment, and many runs of a folder may not stand on the board, so nothing is
    fitted before it is asked for. What was fitted is kept in the user's cache folder under a hash
    of the counts and of the code that fitted them, so that it is never another curve's.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        """Take the counts of a model's curves.

        Args:
            table: ``correct``, ``answered`` and the unreadable outcomes by curve and length.
        """
        self._table = table

    def __getitem__(self, name: str) -> Said:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter([key.name for key, _ in by_curve(self._table)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def _found(self) -> dict[str, Quoted]:
        path = user_cache_path("snellen") / "acuities" / f"{self._digest()}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return {name: _from_json(one) for name, one in kept.items()}
        except (OSError, ValueError, TypeError, KeyError):
            pass  # there is none, or it is broken: fitted again
        found = {
            key.name: Quoted(replace(report.l50, distribution=None), report.warnings)
            for key, report in acuities(self._table).items()
        }
        # A cache that cannot be written only costs time.
        with suppress(OSError):
            write_atomically(path, json.dumps({name: asdict(q.l50) for name, q in found.items()}))
        return found

    def _digest(self) -> str:
        asked = [
            [
                *key,
                points[["length", "correct", "answered", *UNREADABLE]].to_numpy(int).tolist(),
                [chance(key, int(length)) for length in points["length"]],
            ]
            for key, points in by_curve(self._table)
        ]
        return hashlib.sha256(json.dumps([_code(), asked]).encode()).hexdigest()


def unfitted(reports: Mapping[str, Said]) -> Mapping[str, Said]:
    """The same tasks without a fit, and that as the reason."""
    unknown, open_ends = Interval(np.nan, np.nan), Interval(0.0, np.inf)
    none = Acuity(0.5, None, open_ends, None, unknown, None, NOT_FITTED)
    return dict.fromkeys(reports, Quoted(none, ()))


def _from_json(kept: dict[str, object]) -> Quoted:
    fields = {**kept, "warnings": tuple(kept["warnings"])}  # type: ignore[arg-type]
    for name in ("interval", "tested"):
        fields[name] = Interval(*kept[name])  # type: ignore[misc]
    l50 = Acuity(**fields)  # type: ignore[arg-type]
    return Quoted(l50, l50.warnings)


@cache
def _code() -> list[str]:
    """What a fit depends on beside the counts: our code, numpy and scipy."""
    found = hashlib.sha256()
    files = [path for folder in stats.__path__ for path in sorted(Path(folder).rglob("*.py"))]
    for path in (*files, Path(acuities.__code__.co_filename), Path(__file__)):
        found.update(path.read_bytes())
    return [found.hexdigest(), np.__version__, scipy.__version__]
