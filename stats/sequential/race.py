"""A race of lenses against none: ask little of the losers, stop when a winner is shown.

Every prompt is asked without a lens and with each lens that is still in the race. Each lens bets
on its own discordant pairs (`betting`); it has won when its e-value reaches lenses / alpha, so
that the probability of ever naming a lens that does not help is at most alpha (Ville, and the
union bound), whenever one looks or stops. What is asked next may depend on the answers so far in
any way: under the null each discordant pair is a fair coin at every length.

Two things save requests. Lenses that fall behind (the base, or the leader) are dropped: that can
lose a winner, never make one. And lengths are narrowed towards those where lenses win.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .betting import log_e_value_one_sided

_DROP = float(np.log(4.0))  # log e-value at which a lens is taken to be behind
_HOPELESS = 12  # rounds over all lengths without a lead after which a lens is dropped
_OPTIMISM = 1.0

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Race:
    """The state of a race: counts only, so that the same answers in order give the same state.

    Attributes:
        lenses: Who races, in the order of the arrays.
        lengths: Lengths that may be asked, in items.
        alpha: Probability of naming a lens that does not help, at most.
        asked: Prompts asked at each length, shape (lengths,).
        wins: Prompts that a lens alone answered correctly, shape (lenses, lengths).
        losses: Prompts that the base alone answered correctly, same shape.
        beats: Prompts that one lens answered correctly and another not, shape (lenses, lenses).
        peak: Largest log e-value of each lens so far, shape (lenses,).
        active: Which lenses are still asked, shape (lenses,).
    """

    lenses: tuple[str, ...]
    lengths: tuple[int, ...]
    alpha: float
    asked: Counts
    wins: Counts
    losses: Counts
    beats: Counts
    peak: NDArray[np.float64]
    active: NDArray[np.bool_]

    @classmethod
    def start(cls, lenses: Sequence[str], lengths: Sequence[int], alpha: float = 0.05) -> "Race":
        """A race in which nothing was asked.

        Raises:
            ValueError: no lens, no length, one of them twice, or alpha out of range.
        """
        if not lenses or not lengths:
            raise ValueError("a race needs at least one lens and one length")
        if len(set(lenses)) < len(lenses) or len(set(lengths)) < len(lengths):
            raise ValueError("a lens or a length appears twice")
        if not 0 < alpha < 1:
            raise ValueError(f"alpha is {alpha}; give a number between 0 and 1, as 0.05")
        k, n = len(lenses), len(lengths)
        return cls(
            tuple(lenses),
            tuple(sorted(lengths)),
            alpha,
            np.zeros(n, np.int64),
            np.zeros((k, n), np.int64),
            np.zeros((k, n), np.int64),
            np.zeros((k, k), np.int64),
            np.zeros(k),
            np.ones(k, np.bool_),
        )

    def next_lengths(self, prompts: int) -> list[int]:
        """Lengths of the next prompts; each is asked of the base and of every `running` lens.

        First every length once. Then the lengths where the best lens wins most often, with some
        credit for those that were asked little.

        Args:
            prompts: How many.
        """
        asked = self.asked.astype(float)
        wins = np.max(np.where(self.active[:, None], self.wins, 0), axis=0)
        chosen = []
        for _ in range(prompts):
            # Wins of the prompts that are still open are not known: expected at their rate.
            score = (wins + _OPTIMISM) / (asked + 1.5 * _OPTIMISM)
            unseen = asked == 0
            at = int(np.argmax(unseen) if unseen.any() else np.argmax(score))
            wins = wins + (np.arange(asked.size) == at) * wins[at] / max(asked[at], 1.0)
            asked[at] += 1
            chosen.append(self.lengths[at])
        return sorted(chosen)

    def update(self, length: int, base: bool, answers: Mapping[str, bool]) -> "Race":
        """The state after one prompt.

        Args:
            length: Its length.
            base: Whether the answer without a lens was correct.
            answers: Whether that with each lens was; lenses that failed to answer are left out.

        Raises:
            ValueError: a length or a lens that is not in the race.
        """
        if length not in self.lengths or not set(answers) <= set(self.lenses):
            raise ValueError(f"length {length} or one of {sorted(answers)} is not in the race")
        at = self.lengths.index(length)
        asked, wins, losses = self.asked.copy(), self.wins.copy(), self.losses.copy()
        beats = self.beats.copy()
        asked[at] += 1
        right = np.array([answers.get(name, False) for name in self.lenses])
        there = np.array([name in answers for name in self.lenses])
        wins[:, at] += there & right & (not base)
        losses[:, at] += there & ~right & base
        beats += (there & right)[:, None] & (there & ~right)[None, :]
        now = log_e_value_one_sided(wins.sum(axis=1), losses.sum(axis=1))
        state = replace(
            self,
            asked=asked,
            wins=wins,
            losses=losses,
            beats=beats,
            peak=np.maximum(self.peak, now),
        )
        return replace(state, active=state._still_in())

    @property
    def running(self) -> tuple[str, ...]:
        """The lenses that are still asked."""
        return tuple(name for name, on in zip(self.lenses, self.active, strict=True) if on)

    @property
    def shown(self) -> tuple[str, ...]:
        """The lenses that are shown to help, the best first."""
        bar = float(np.log(len(self.lenses) / self.alpha))
        lead = self.wins.sum(axis=1) - self.losses.sum(axis=1)
        order = np.argsort(-lead, kind="stable")
        return tuple(self.lenses[i] for i in order if self.peak[i] >= bar)

    @property
    def over(self) -> bool:
        """Whether there is a winner, or nobody left."""
        return bool(self.shown) or not self.active.any()

    def p_value(self, lens: str) -> float:
        """p-value of "this lens does not help", good at any time; not adjusted for the others."""
        return float(np.exp(-self.peak[self.lenses.index(lens)]))

    def _still_in(self) -> NDArray[np.bool_]:
        wins, losses = self.wins.sum(axis=1), self.losses.sum(axis=1)
        behind_base = log_e_value_one_sided(losses, wins) > _DROP
        lead = np.where(self.active, wins - losses, np.iinfo(np.int64).min)
        best = int(np.argmax(lead))
        behind_best = log_e_value_one_sided(self.beats[best], self.beats[:, best]) > _DROP
        late = self.asked.sum() >= _HOPELESS * self.asked.size
        hopeless = late & (wins - losses < np.sqrt(wins + losses))
        return np.asarray(self.active & ~behind_base & ~behind_best & ~hopeless)
