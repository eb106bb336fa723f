"""What the pairs of a gate come to: losses, wins and ties, the noise floor, what is excluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...stats.sequential import (
    OnsetPosterior,
    drop_interval,
    largest_drop,
    log_e_against_drop,
    log_e_worse,
    onset,
)
from ...stats.sequential.betting import log_e_value, log_e_value_one_sided
from ...store.curve_key import CurveKey
from ...tasks.registry import find_task
from ...tasks.trial import TrialId
from .levels import Level
from .pairs import Judge, Pair, Side, lost, on_floor, sides_of, won
from .sides import Said

Counts = NDArray[np.int64]

_BLIND_AFTER = 10
"""Trials of a task at a level after which it can be told that A itself does not see that far."""


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """One level, counted.

    Attributes:
        pairs: answered by at least one side, in tasks that A sees at this length.
        right_a, right_b: of these, correct.
        wins: B alone was right.
        losses: A alone was right.
        upheld: losses that the second asking upholds.
        upheld_wins: wins that a second asking of B upholds, where A is judged.
        same: both sides said the same.
        floor: trials that one side was asked twice.
        flips: of these, right once and wrong once.
        floor_same: of these, twice the same text.
        blind: tasks in which the side that is the measure is not better than guessing here.
        interval: of the drop in accuracy from A to B, at all looks at once.
        upper: the smallest drop from A to B that is excluded at level alpha.
        upper_rise: the smallest rise that is, the drop from B to A.
    """

    pairs: int
    right_a: int
    right_b: int
    wins: int
    losses: int
    upheld: int
    upheld_wins: int
    same: int
    floor: int
    flips: int
    floor_same: int
    blind: tuple[str, ...]
    interval: tuple[float, float]
    upper: float
    upper_rise: float


class Tally:
    """The pairs so far, and what they show. Counts only: the order of the pairs does not matter.

    Attributes:
        twice: the side of the noise floor, which is asked twice.
        judge: whose being worse is looked for.
        pairs: by trial.
        wins: pairs in which B alone was right, shape (curves, levels).
        losses: pairs in which A alone was right, same shape.
        held: losses that the second asking upholds, same shape.
        held_wins: wins that a second asking of B upholds, same shape.
    """

    def __init__(
        self,
        curves: Sequence[CurveKey],
        levels: Sequence[Level],
        margin: float,
        twice: Side,
        judge: Judge = "against",
    ) -> None:
        self.curves, self.levels, self.margin = curves, levels, margin
        self.twice: Side = twice
        self.judge: Judge = judge
        self.pairs: dict[TrialId, Pair] = {}
        shape = (len(curves), len(levels))
        self._all, self._nobody = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._right: dict[Side, Counts] = {s: np.zeros(shape, np.int64) for s in ("a", "b")}
        self.wins, self.losses = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.held, self.held_wins = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._open: dict[TrialId, None] = {}
        self._open_wins: dict[TrialId, None] = {}
        self._floor = [0, 0]

    def add(self, pair: Pair) -> None:
        """Count a pair; one that neither side answered tells nothing."""
        at = pair.curve, pair.level
        if pair.a.outcome == "failed" and pair.b.outcome == "failed":
            self._nobody[at] += 1
            return
        self.pairs[pair.trial] = pair
        self._all[at] += 1
        self._right["a"][at] += pair.a.right
        self._right["b"][at] += pair.b.right
        self.wins[at] += won(pair)
        self.losses[at] += lost(pair)
        self.held[at] += self.upheld(pair)
        if lost(pair) and pair.again is None:
            self._open[pair.trial] = None
        if won(pair):
            self._open_wins[pair.trial] = None
        if pair.again is not None:
            self._floor[0] += 1
            self._floor[1] += self._twice(pair).right != pair.again.right

    def confirm(self, trial: TrialId, again: Said) -> None:
        """Note the second answer to a loss."""
        pair = self.pairs[trial] = replace(self.pairs[trial], again=again)
        del self._open[trial]
        self.held[pair.curve, pair.level] += self.upheld(pair)

    def confirm_win(self, trial: TrialId, again: Said) -> None:
        """Note B's second answer to what it alone was right about."""
        pair = self.pairs[trial] = replace(self.pairs[trial], again_b=again)
        del self._open_wins[trial]
        self.held_wins[pair.curve, pair.level] += again.right

    def open_losses(self) -> list[TrialId]:
        """Losses that have not been asked a second time."""
        return list(self._open)

    def open_wins(self) -> list[TrialId]:
        """Wins that have not been asked a second time."""
        return list(self._open_wins)

    def upheld(self, pair: Pair) -> bool:
        """Whether B lost a pair, and a second asking of one side does not explain it."""
        if not lost(pair) or pair.again is None:
            return False
        return pair.again.right if self.twice == "a" else not pair.again.right

    def flips(self) -> float:
        """Share of the trials of the noise floor that were right once and wrong once."""
        return self._floor[1] / self._floor[0] if self._floor[0] else 0.0

    def blind(self, curve: int, level: int) -> bool:
        """Whether there is nothing to lose there: the measure is no better than guessing.

        By less than the margin. The measure is A where B is judged, B where A is, and whoever
        sees more where both are.
        """
        count = self._all[curve, level]
        if self._nobody[curve, level] + count < _BLIND_AFTER:
            return False
        if not count:
            return True  # nobody answers there: beyond what either takes
        key = self.curves[curve]
        length = self.levels[level].lengths[key]
        chance = find_task(key.task).chance(length, key.mode, key.lens)
        measures = [_other(side) for side in sides_of(self.judge)]
        best = max(int(self._right[side][curve, level]) for side in measures)
        return bool(best / count - chance < self.margin)

    def log_e_worse(self, side: Side = "b") -> float:
        """Log of the e-value against "this side is nowhere worse" over the design's levels."""
        design = [i for i, level in enumerate(self.levels) if not level.refines]
        good, bad = (self.wins, self.held) if side == "b" else (self.losses, self.held_wins)
        return log_e_worse(good[:, design], bad[:, design])

    def log_e_excluded(self, level: int, side: Side = "b") -> float:
        """Log of the e-value against "this side is worse by the margin or more" at a level."""
        seen = [
            c
            for c, curve in enumerate(self.curves)
            if curve in self.levels[level].lengths and not self.blind(c, level)
        ]
        wins, losses, pairs = (
            int(counts[seen, level].sum()) for counts in (self.wins, self.losses, self._all)
        )
        ties = pairs - wins - losses
        if side == "a":
            wins, losses = losses, wins
        return log_e_against_drop(wins, losses, ties, self.margin)

    def onset(self, side: Side = "b") -> tuple[OnsetPosterior, list[int]]:
        """From which level a side is worse, and the levels that this is among, by index."""
        good, bad = (self.wins, self.held) if side == "b" else (self.losses, self.held_wins)
        wins, losses, pairs = (c.sum(axis=0) for c in (good, bad, self._all))
        asked = [i for i in range(len(self.levels)) if pairs[i]]
        ties = pairs - wins - losses
        return onset(wins[asked], losses[asked], ties[asked]), asked

    def log_e_unjudged(self) -> float:
        """Log of the e-value against "the side that is not judged is nowhere worse"."""
        if self.judge == "model":
            return log_e_worse(self.wins, self.losses)
        return log_e_worse(self.losses, self.wins)

    def apart(self) -> tuple[int, int]:
        """Trials asked twice in which one agreement alone holds: with itself, with the other.

        If B is the same model on the same engine as A, a second answer agrees with the first as
        often as the other side's does: which of the two alone agrees is a fair coin.
        """
        other = alike = 0
        for pair in self.pairs.values():
            if pair.again is None or not on_floor(pair.trial):
                continue  # a loss is asked twice because the sides differ
            first = self._twice(pair)
            across = pair.b if self.twice == "a" else pair.a
            itself, same = first.text == pair.again.text, first.text == across.text
            other += itself and not same
            alike += same and not itself
        return other, alike

    def log_e_other(self) -> float:
        """Log of the e-value against "B is the same model on the same engine", by its texts."""
        return float(log_e_value_one_sided(*self.apart()))

    def log_e_drift(self) -> float:
        """Log of the e-value against "the side that is asked twice is the same both times"."""
        floor = [p for p in self.pairs.values() if p.again is not None and on_floor(p.trial)]
        rights = [(self._twice(p).right, p.again.right) for p in floor if p.again is not None]
        rose = sum(second and not first for first, second in rights)
        fell = sum(first and not second for first, second in rights)
        return float(log_e_value(rose, fell))

    def at(self, level: int, alpha: float) -> LevelCounts:
        """Everything about one level."""
        kept = self._seen(level)
        floor = [
            (self._twice(p), p.again) for p in kept if p.again is not None and on_floor(p.trial)
        ]
        wins, losses = sum(map(won, kept)), sum(map(lost, kept))
        ties = len(kept) - wins - losses
        return LevelCounts(
            pairs=len(kept),
            right_a=sum(p.a.right for p in kept),
            right_b=sum(p.b.right for p in kept),
            wins=wins,
            losses=losses,
            upheld=sum(map(self.upheld, kept)),
            upheld_wins=sum(p.again_b is not None and p.again_b.right for p in kept),
            same=sum(p.a.text == p.b.text for p in kept),
            floor=len(floor),
            flips=sum(first.right != second.right for first, second in floor),
            floor_same=sum(first.text == second.text for first, second in floor),
            blind=tuple(
                self.curves[c].task
                for c in range(len(self.curves))
                if self.curves[c] in self.levels[level].lengths and self.blind(c, level)
            ),
            interval=drop_interval(wins, losses, ties, 1 - alpha),
            upper=largest_drop(wins, losses, ties, alpha),
            upper_rise=largest_drop(losses, wins, ties, alpha),
        )

    def _twice(self, pair: Pair) -> Said:
        return pair.a if self.twice == "a" else pair.b

    def of_level(self, level: int) -> list[Pair]:
        """All pairs of a level."""
        return [p for p in self.pairs.values() if p.level == level]

    def _seen(self, level: int) -> list[Pair]:
        """The pairs of a level in tasks that A sees there."""
        blind = {c for c in range(len(self.curves)) if self.curves[c] in self.levels[level].lengths
                 and self.blind(c, level)}  # fmt: skip
        return [p for p in self.of_level(level) if p.curve not in blind]


def _other(side: Side) -> Side:
    return "a" if side == "b" else "b"
