"""A race of lenses against none: ask little of the losers, and stop when one is good enough.

Trial ``index`` of a length is the same question for all who race, and whoever is asked it, the
base (no lens) is asked it too: all answers pair up. Each lens is asked where its own curve seems
to fall (`sight`, the rule of adaptive acuity), so that the base is asked there and where it falls.

A lens leaves the race when, by the posterior of its L50, it is improbable that it is better than
the leader by more than a tenth, or better than the base by a gain that matters: improbable is
alpha over the number of lenses, so that (union bound) the best lens, where none is within a tenth
of it, is dropped with a probability of about alpha. That is a statement about posteriors, checked
by simulation (docs/lenses.md). What is prescribed is not shown by the race but by `confirmation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..curve.chance import Chance
from ..curve.psychometric import FloatArray
from ..sequential.betting import log_e_value_one_sided
from .sight import Counts, Gain, Sight

BASE = "none"
"""The prompt as it is."""
LEAST, MOST, GROWTH = 4, 16, 0.25  # trials of a lens in a batch: a share of those it had
HELD = float(np.log(4.0))  # log e-value in pairs at which a lens is kept whatever its L50
_FAIR = 24  # trials of a lens before it is dropped where nobody is half right
_BLIND = 0.25  # octaves from the first length: with less of L50, pairs decide who leads


@dataclass(frozen=True)
class Rules:
    """How sure a race must be.

    Attributes:
        alpha: Probability of prescribing a lens that does not help, at most; and about that of
            dropping the best one.
        gain: Ratio of L50 that matters, above 1.
        near: A lens whose L50 is at least this share of the best one's is as good as the best.
        first: Trials of every lens in the first batch.
        most: Trials of a lens in the race, and again in the confirmation, at most.
        precision: The confirmation goes on until the gain is known to a factor of this either way.
    """

    alpha: float = 0.05
    gain: float = 1.25
    near: float = 0.9
    first: int = 8
    most: int = 250
    precision: float = 1.4

    def __post_init__(self) -> None:
        """Check the bounds; raises ValueError."""
        if not 0 < self.alpha < 1 or not 0 < self.near <= 1 or min(self.first, self.most) < 1:
            raise ValueError(f"{self}: alpha and near lie between 0 and 1, counts are 1 or more")
        if self.gain <= 1 or self.precision <= 1:
            raise ValueError(f"{self}: gain and precision are ratios above 1")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one racer: trial ``index`` of a length, through a lens."""

    lens: str
    length: int
    index: int


class Pairs(NamedTuple):
    """Trials that one of two alone answered correctly, and the rest."""

    wins: int
    losses: int
    ties: int


class Race:
    """The state of a race: a function of the answers so far, whatever their order in a batch.

    Attributes:
        lenses: Who races.
        rules: How sure it must be.
        sight: The grid of each racer's curves, by name.
        running: The lenses that are still asked.
        dropped: Why each of the others is not: ``behind`` the leader, ``no gain`` over the base,
            or ``worse`` than it.
        over: Whether it is decided.
    """

    def __init__(
        self,
        lenses: Sequence[str],
        lengths: int | Sequence[int],
        rules: Rules | None = None,
        chance: Mapping[str, Chance] | None = None,
    ) -> None:
        """A race in which nothing was asked.

        Args:
            lenses: Who races, without the base.
            lengths: Those that may be asked, in items; of one number, all sizes up to it.
            rules: How sure it must be.
            chance: What guessing gives each of them and the base; none: nothing.

        Raises:
            ValueError: no lens, one of them twice or called as the base, or no two lengths.
        """
        if not lenses or len({*lenses, BASE}) <= len(lenses):
            raise ValueError(f"a race of {lenses}: one lens or more, each once, and not {BASE!r}")
        self.lenses, self.rules = tuple(lenses), rules or Rules()
        levels = chance or {}
        made: dict[Chance, Sight] = {}
        self.sight = {
            name: made.setdefault(level, Sight.over(lengths, level))
            for name in (BASE, *lenses)
            for level in [levels.get(name, Chance())]
        }
        self.lengths: NDArray[np.int64] = self.sight[BASE].lengths
        self._at = {int(length): j for j, length in enumerate(self.lengths)}
        self.asked = {name: np.zeros(self.lengths.size, np.int64) for name in self.sight}
        self._answers: dict[str, dict[tuple[int, int], bool]] = {name: {} for name in self.sight}
        self.running: tuple[str, ...] = self.lenses
        self.dropped: dict[str, str] = {}
        self.over = False
        self._known: dict[str, FloatArray] = {}
        self._mass = {name: self._posterior(name) for name in self.sight}

    def next(self) -> list[Ask]:
        """The next batch; none if it is over.

        Every lens that runs is asked where its answers tell most, and the base whatever they are.
        """
        if self.over:
            return []
        found: list[Ask] = []
        for name in self.running:
            had = int(self.asked[name].sum())
            count = self.rules.first
            if had:
                count = min(max(LEAST, int(GROWTH * had)), MOST, self.rules.most - had)
            if count > 0:
                places = self.sight[name].places(self._mass[name][0], self.asked[name], count)
                found += [self._ask(name, j) for j in places]
        most = np.max([self.asked[name] for name in self.running], axis=0)
        for j in np.flatnonzero(most > self.asked[BASE]):
            found += [self._ask(BASE, int(j)) for _ in range(most[j] - self.asked[BASE][j])]
        return found

    def _ask(self, name: str, j: int) -> Ask:
        self.asked[name][j] += 1
        return Ask(name, int(self.lengths[j]), int(self.asked[name][j]) - 1)

    def update(self, answers: Mapping[Ask, bool]) -> None:
        """Take the answers to a batch; those that failed are left out."""
        for ask, correct in answers.items():
            self._answers[ask.lens][ask.length, ask.index] = correct
        self._mass |= {name: self._posterior(name) for name in {ask.lens for ask in answers}}
        self._known = {name: self.sight[name].within(self._mass[name])[0] for name in self.sight}
        self._weigh()

    def _posterior(self, name: str) -> FloatArray:
        correct, answered = self.counts(name)
        return self.sight[name].mass(correct[None], answered[None])

    def counts(self, name: str) -> tuple[Counts, Counts]:
        """Correct answers of a racer and all its answers, shape (lengths,)."""
        correct, answered = np.zeros((2, self.lengths.size), np.int64)
        for (length, _), right in self._answers[name].items():
            correct[self._at[length]] += right
            answered[self._at[length]] += 1
        return correct, answered

    def pairs(self, name: str) -> Pairs:
        """A lens against the base on the trials that both answered."""
        base = self._answers[BASE]
        both = [(right, base[key]) for key, right in self._answers[name].items() if key in base]
        wins, losses = sum(a and not b for a, b in both), sum(b and not a for a, b in both)
        return Pairs(wins, losses, len(both) - wins - losses)

    def gain(self, name: str, level: float = 0.95) -> Gain:
        """Octaves of L50 that a lens gains over the base, as the race saw it."""
        return self.sight[name].gain(self._known[name], self._known[BASE], level)

    def excluded(self, name: str) -> float:
        """Octaves of gain of which more is excluded, at half of alpha over the number of lenses.

        Half, because a race stops when its posteriors look good: at alpha itself a gain that is
        there was excluded in up to 9 % of simulated races.
        """
        error = self.rules.alpha / 2 / len(self.lenses)
        return self.sight[name].most(self._known[name], self._known[BASE], error)

    def hurts(self, name: str) -> bool:
        """Whether a lens is shown to be worse than the base, over all lenses.

        By a bet on its pairs, good at any time; or because every gain is excluded.
        """
        if name in self._known and self.excluded(name) < 0:
            return True
        pairs = self.pairs(name)
        bar = np.log(len(self.lenses) / self.rules.alpha)
        return bool(log_e_value_one_sided(pairs.losses, pairs.wins) >= bar)

    def sees_nothing(self, name: str) -> bool:
        """Whether it is likelier than not that a racer is half right at no length."""
        return bool(name in self._known and self._known[name][self.sight[name].ends[0]] > 0.5)

    def sees_all(self, name: str) -> bool:
        """Whether it is likelier than not that a racer is half right up to the longest length."""
        return bool(name in self._known and self._known[name][self.sight[name].ends[1]] > 0.5)

    @property
    def leader(self) -> str:
        """The lens that sees farthest of those that run, or of all where none does."""
        among = self.running or self.lenses
        if not self._known:
            return among[0]
        far = {name: self._known[name] @ self.sight[name].thresholds for name in among}
        if max(far.values()) < np.log2(self.lengths[0]) + _BLIND:
            return max(among, key=lambda name: self.pairs(name).wins - self.pairs(name).losses)
        return max(among, key=far.__getitem__)

    @property
    def candidate(self) -> str | None:
        """The lens that is to be confirmed; none where none promises to help."""
        return self.leader if self.running and self._promises(self.leader) else None

    def _promises(self, name: str) -> bool:
        likely = self._above(name, BASE) >= 1 - self.rules.alpha
        return likely or self.evidence(name) >= -np.log(self.rules.alpha)

    def evidence(self, name: str) -> float:
        """Log e-value, in pairs, against "at no length more often right than the base"."""
        pairs = self.pairs(name)
        return float(log_e_value_one_sided(pairs.wins, pairs.losses))

    def _weigh(self) -> None:
        error, lead = self.rules.alpha / len(self.lenses), self.leader
        ahead = {
            name: self._above(name, lead, -float(np.log2(self.rules.near))) if name != lead else 0.0
            for name in self.running
        }
        for name in self.running:
            if self.hurts(name):
                self.dropped[name] = "worse"
            elif self._useless(name, error) and self.evidence(name) < HELD:
                self.dropped[name] = "no gain"
            elif name != lead and ahead[name] < error:
                self.dropped[name] = "behind"
        self.running = tuple(name for name in self.running if name not in self.dropped)
        risk = sum(ahead[name] for name in self.running)
        spent = all(self.asked[name].sum() >= self.rules.most for name in self.running)
        decided = risk < self.rules.alpha and lead in self.running and self._promises(lead)
        self.over = spent or decided

    def _useless(self, name: str, error: float) -> bool:
        """Whether a gain that matters is improbable; of the blind, after a fair number of pairs."""
        if self.sees_nothing(name) and self.sees_nothing(BASE):
            return int(self.asked[name].sum()) >= _FAIR
        return self._above(name, BASE, float(np.log2(self.rules.gain))) < error

    def _above(self, name: str, other: str, octaves: float = 0.0) -> float:
        return self.sight[name].above(self._known[name], self._known[other], octaves)
