"""The judgement of a gate, trial by trial: who is asked what next, and when it is enough.

Every look asks a few trials at each level that is not settled: A, then one of the two sides a
second time on part of them (the noise floor), then B; and a trial that a judged side alone got
wrong is put a second time before it counts. What is asked depends on the answers so far alone, so
that a gate that was stopped continues by replaying its journals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...tasks.trial import TrialId
from .levels import Level, trial_of
from .limits import REFINE, Limits, pairs_at_once
from .pairs import Judge, Pair, Side, floor_trials, sides_of
from .sides import Asked, Said
from .tally import Tally
from .watch import Watch

_PLACED = 12
"""Pairs at a level between two others after which an onset is not refined there any more."""


@dataclass
class Judgement:
    """A gate as it goes.

    Attributes:
        plan: what is asked, and the seed.
        curves: what is asked at every level.
        levels: the levels, rising.
        a, b: the sides.
        again: the side of the noise floor, asked a second time.
        twice: which side that is.
        again_b: B, asked a second time where A is judged and it is not B that ``again`` asks.
        judge: whose being worse is looked for.
        limits: how sure it must be.
        spent_out: whether a further look of so many pairs would pass the budget.
        note: hears how it goes.
        indices: the trials of a curve at a length, where A's are kept; none: as many as wanted.
        at_once: how many second askings are in flight at once.
        stop_if: whether there is no point in going on: a side answers nothing.
        watch: the nights before, of a gate that is repeated.
        tally: the pairs so far.
        settled: levels at which a drop is excluded, by index.
        peaks: by judged side, the largest log e-value so far against "it is nowhere worse".
        stopped: why it was stopped before a verdict.
    """

    plan: Plan
    curves: Sequence[CurveKey]
    levels: Sequence[Level]
    a: Asked
    b: Asked
    again: Asked
    twice: Side
    limits: Limits
    again_b: Asked | None = None
    judge: Judge = "against"
    spent_out: Callable[[int], str] = lambda pairs: ""
    note: Callable[[str], None] = lambda text: None
    indices: Callable[[CurveKey, int], Sequence[int]] | None = None
    at_once: int | None = None
    stop_if: Callable[[], bool] = lambda: False
    watch: Watch | None = None
    settled: set[int] = field(default_factory=set)
    peaks: dict[Side, float] = field(default_factory=dict)
    stopped: str = ""

    def __post_init__(self) -> None:
        self.tally = Tally(self.curves, self.levels, self.limits.margin, self.twice, self.judge)
        self.peaks = dict.fromkeys(sides_of(self.judge), 0.0)
        self._asked: dict[tuple[int, int], int] = {}
        design = [level for level in self.levels if not level.refines]
        self._most = self.limits.pairs_at_most(len(self.curves), len(design), len(self.peaks))
        self._bar = float(np.log(1 / self.limits.alpha))
        self._worse_bar = float(np.log(len(self.peaks) / self.limits.alpha))

    @property
    def worse(self) -> list[Side]:
        """The sides that are shown to be worse, the clearest first. Both may be, by length."""
        shown = [side for side, peak in self.peaks.items() if peak >= self._worse_bar]
        return sorted(shown, key=lambda side: -self.peaks[side])

    @property
    def peak(self) -> float:
        """The largest log e-value of a judged side."""
        return max(self.peaks.values())

    def judge_all(self) -> None:
        """Ask until a side is shown to be worse, or that is excluded everywhere, or it is over."""
        # A night asks its share whatever the nights before have shown.
        while (self.watch or not self.worse) and not self.stopped:
            batch = [
                one
                for i, level in enumerate(self.levels)
                if not level.refines and self._open(i)
                for one in self._next(i)
            ]
            if not batch:
                return
            self.stopped = self.spent_out(len(batch))
            if not self.stopped:
                self._look(batch)
                self._weigh()
            if self.stop_if():
                return
        if self.worse and not self.watch:
            self._place_onset()

    def _open(self, level: int) -> bool:
        asked = sum(n for (_, at), n in self._asked.items() if at == level)
        settled = level in self.settled and self.watch is None
        return not settled and asked < self._most_pairs()

    def _most_pairs(self) -> int:
        """Pairs of a level after which it is given up: more where answers flip of themselves.

        The best bet against a drop of m grows by m² / 2 d a pair where pairs disagree, in either
        direction, in a share d; half as much again is allowed for, and for the mixture.
        """
        if self.limits.most is not None:
            return self.limits.most
        needed = (self._bar + 3) * self.tally.flips() / self.limits.margin**2
        return max(self._most, int(3 * needed))

    def _next(self, level: int) -> list[tuple[TrialId, int, int]]:
        """The next trials of a level: equally many of every task that A sees there."""
        here = self.levels[level].lengths
        seen = [c for c, curve in enumerate(self.curves)
                if curve in here and not self.tally.blind(c, level)]  # fmt: skip
        found = []
        for _ in range(pairs_at_once(len(seen)) // len(seen) if seen else 0):
            for c in seen:
                at, curve = self._asked.get((c, level), 0), self.curves[c]
                if self.indices is not None:
                    known = self.indices(curve, here[curve])
                    if at >= len(known):
                        continue
                    index = known[at]
                else:
                    index = at
                self._asked[c, level] = at + 1
                found.append((trial_of(self.plan, curve, here[curve], index), c, level))
        return found

    def _look(self, batch: Sequence[tuple[TrialId, int, int]]) -> None:
        trials = [trial for trial, _, _ in batch]
        said_a = self.a.ask(trials)
        floor = floor_trials(trials)[::-1]
        if self.twice == "a":
            self._second(floor)
        said_b = self.b.ask(trials)
        if self.twice == "b":
            self._second(floor)
        again = self.again.ask(floor)
        for trial, curve, level in batch:
            pair = Pair(trial, curve, level, said_a[trial], said_b[trial], again.get(trial))
            self.tally.add(pair)
        for trial, said in self._second(self.tally.open_losses()[::-1]).items():
            self.tally.confirm(trial, said)
        if self.again_b is not None:
            wins = self.tally.open_wins()[::-1]
            for trial, said in self.again_b.ask(wins, self.at_once).items():
                self.tally.confirm_win(trial, said)

    def _second(self, trials: Sequence[TrialId]) -> Mapping[TrialId, Said]:
        """Ask a second time, in the other order and half as many at once."""
        return self.again.ask(trials, self.at_once)

    def _weigh(self) -> None:
        for side, peak in self.peaks.items():
            now = self.watch.worse(self.tally) if self.watch else self.tally.log_e_worse(side)
            self.peaks[side] = max(peak, now)
        for i, level in enumerate(self.levels):
            excluded = (self.tally.log_e_excluded(i, side) for side in self.peaks)
            if not level.refines and min(excluded) >= self._bar:
                self.settled.add(i)
        design = [level for level in self.levels if not level.refines]
        self.note(f"{len(self.settled)} of {len(design)} lengths settled")

    def _place_onset(self) -> None:
        """Spend what is left for it where the first bad level of the worse side may lie."""
        spent, side = 0, self.worse[0]
        while spent < REFINE:
            found, asked = self.tally.onset(side)
            low, high = asked[max(found.low - 1, 0)], asked[found.high]
            between = [
                i
                for i in range(low, high + 1)
                if len(self.tally.of_level(i)) < _PLACED or found.low < found.high
            ]
            batch = [one for i in between for one in self._next(i)]
            if not batch or self.spent_out(len(batch)):
                return
            self._look(batch)
            spent += len(batch)
            self.note("placing the onset")
