"""Where a value stands on an axis, be it a number or a symbol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from ..catalogue import value_kind
from ..formats import plain
from ..histogram import numeric
from .answers import Answers
from .axes import LINEAR_UP_TO, size_ticks

MOST_CATEGORIES = 14
MOST_CELLS = 800
BEYOND = 10
"""Answers more than so many times the largest truth share one place at the edge."""


class Scale(Protocol):
    """An axis of values, the same for truths and answers."""

    @property
    def quantity(self) -> str:
        """What a value is, in words."""
        ...

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the axis."""
        ...

    @property
    def bar(self) -> float:
        """Thickness of a bar at a value, in points."""
        ...

    def place(self, values: Iterable[str]) -> np.ndarray:
        """Positions of values, in axis units."""
        ...

    def cells(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Pairs of values as positions ``truth`` and ``answer``, with their number ``n``."""
        ...

    def outline(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Bars indexed by position, without those that others hide."""
        ...

    def dress(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """Give an axis its scale, ticks and limits."""
        ...


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers: linear while small, else log above 1; far-off answers stand at the edge."""

    quantity: str
    cap: float
    limits: tuple[float, float]
    over: bool
    under: bool
    bar: float = 1.8

    @classmethod
    def of(cls, quantity: str, values: np.ndarray, truths: np.ndarray) -> Numbers:
        """Fit a scale to the values that occur."""
        cap = BEYOND * max(1.0, float(truths.max(initial=1.0)))
        top, bottom = float(values.max(initial=1.0)), float(values.min(initial=0.0))
        high = 1.3 * min(cap * 2, top) if top > LINEAR_UP_TO else top + 1
        low = 1.3 * max(-cap * 2, bottom) if bottom < 0 else -0.25
        return cls(quantity, cap, (low, high), top > cap, bottom < -cap)

    def place(self, values: Iterable[str]) -> np.ndarray:
        """Positions of values; beyond the cap, twice the cap."""
        x = numeric(values)
        return np.where(np.abs(x) > self.cap, np.sign(x) * 2 * self.cap, x)

    def cells(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Pairs at their positions, gathered into a raster where there are too many to draw."""
        truth, answer = self.place(pairs["truth"]), self.place(pairs["said"])
        if len(pairs) > MOST_CELLS:
            truth, answer = _raster(truth, 16), _raster(answer, 16)
        return _gather(truth, answer, pairs["n"])

    def outline(self, bars: pd.DataFrame) -> pd.DataFrame:
        """The longest bar of each 64th of an e-fold, thinner than a bar is drawn."""
        if len(bars) <= MOST_CELLS:
            return bars
        return bars.groupby(_raster(bars.index.to_numpy(), 64)).max()

    def dress(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """Give an axis its scale, ticks and limits."""
        axis, (low, high) = axes.xaxis if which == "x" else axes.yaxis, self.limits
        if high > LINEAR_UP_TO:
            (axes.set_xscale if which == "x" else axes.set_yscale)(
                "symlog", linthresh=1, linscale=0.5
            )
            ticks = {x: plain(x) for x in size_ticks(min(high, self.cap)) if x <= high}
            ticks |= {-(10.0**k): f"−{plain(10.0**k)}" for k in range(99) if 10.0**k <= -low / 1.3}
        else:
            step = 1 if high <= 10 else 2
            ticks = {float(x): plain(x) for x in range(int(low), int(high) + 1, step)}
        if which == "y":  # truths are never so far off
            ticks |= {2 * self.cap: f">{plain(self.cap)}"} if self.over else {}
            ticks |= {-2 * self.cap: f"<−{plain(self.cap)}"} if self.under else {}
        axis.set_ticks(list(ticks), list(ticks.values()))
        axis.set_minor_locator(NullLocator())
        (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)


@dataclass(frozen=True, slots=True)
class Categories:
    """Symbols, evenly spaced; the rare ones share a place."""

    quantity: str
    names: tuple[str, ...]
    others: int
    bar: float = 9.0

    @classmethod
    def of(cls, quantity: str, series: Sequence[Answers]) -> Categories:
        """Keep the most frequent values, numbers first."""
        table = pd.concat([s.table for s in series])
        total = (table["frequency"] + table["true_frequency"]).groupby(table["value"]).sum()
        kept = total.nlargest(MOST_CATEGORIES).index
        order = sorted(kept, key=lambda v: (np.nan_to_num(numeric([v])[0], nan=np.inf), v))
        return cls(quantity, tuple(order), len(total) - len(kept))

    @property
    def limits(self) -> tuple[float, float]:
        """From half a step before the first to half a step after the last place."""
        return -0.6, len(self.names) + bool(self.others) - 0.4

    def place(self, values: Iterable[str]) -> np.ndarray:
        """Index of each value; the rare ones come last."""
        index = {name: i for i, name in enumerate(self.names)}
        return np.array([index.get(v, len(self.names)) for v in values], dtype=float)

    def cells(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Pairs at their positions."""
        return _gather(self.place(pairs["truth"]), self.place(pairs["said"]), pairs["n"])

    def outline(self, bars: pd.DataFrame) -> pd.DataFrame:
        """The bars as they are: there are few."""
        return bars

    def dress(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """Give an axis its ticks and limits."""
        labels = [name if len(name) <= 8 else f"{name[:7]}…" for name in self.names]
        if self.others:
            labels.append(f"{self.others} others")
        if which == "x":  # a truth is one symbol; longer labels would only collide
            labels = [label if len(label) <= 2 else "" for label in labels]
        (axes.set_xticks if which == "x" else axes.set_yticks)(range(len(labels)), labels)
        (axes.set_xlim if which == "x" else axes.set_ylim)(*self.limits)


def scale_for(task: str, series: Sequence[Answers]) -> Scale:
    """The scale on which a task's values are drawn."""
    kind = value_kind(task)
    if kind == "symbol":
        return Categories.of("symbol", series)
    values = pd.concat([s.table for s in series])
    x = numeric(values["value"])
    quantity = "length (items)" if kind == "sequence" else "value"
    return Numbers.of(quantity, x[~np.isnan(x)], x[(values["true_frequency"] > 0).to_numpy()])


def _raster(x: np.ndarray, steps: int) -> np.ndarray:
    """Positions moved to a grid of so many steps per e-fold (per unit, near zero)."""
    return np.asarray(np.sinh(np.round(np.arcsinh(x) * steps) / steps))


def _gather(truth: np.ndarray, answer: np.ndarray, n: pd.Series[int]) -> pd.DataFrame:
    cells = pd.DataFrame({"truth": truth, "answer": answer, "n": n.to_numpy()})
    return cells.groupby(["truth", "answer"])["n"].sum().sort_values(kind="stable").reset_index()
