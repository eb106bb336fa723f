"""The confirmation: one lens against none, on questions that had no part in choosing it.

Both are asked the same fresh questions, where the curve of either seems to fall. The lens is
confirmed when a bet on its discordant pairs (`sequential.betting`) reaches 1 / alpha: by Ville's
inequality that happens with a probability of at most alpha, ever, where the lens is at no length
more often right than no lens, whatever is asked next and whenever one stops. There is one such
test, so that nothing is to be adjusted for how many lenses raced.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..curve.chance import Chance
from .race import BASE, GROWTH, HELD, LEAST, MOST, Ask, Race, Rules

_ENOUGH = 40  # trials after which an end of the gain that is not known is left open


class Confirmation(Race):
    """The state of a confirmation: a race of one lens, with another end.

    Attributes:
        peak: Largest log e-value so far against "it does not help".
    """

    def __init__(
        self,
        lens: str,
        lengths: int | Sequence[int],
        rules: Rules | None = None,
        chance: Mapping[str, Chance] | None = None,
    ) -> None:
        """A confirmation in which nothing was asked; as `Race`."""
        super().__init__((lens,), lengths, rules, chance)
        self.peak = 0.0

    @property
    def lens(self) -> str:
        """The lens that is confirmed."""
        return self.lenses[0]

    @property
    def shown(self) -> bool:
        """Whether the lens is shown to help."""
        return self.peak >= -float(np.log(self.rules.alpha))

    def next(self) -> list[Ask]:
        """The next batch: every question to both, half of them where the base tells most."""
        if self.over:
            return []
        had = int(self.asked[BASE].sum())
        count = self.rules.first
        if had:
            count = min(max(LEAST, int(GROWTH * had)), MOST, self.rules.most - had)
        found = []
        for name, share in ((self.lens, (count + 1) // 2), (BASE, count // 2)):
            if share:
                places = self.sight[name].places(self._mass[name][0], self.asked[name], share)
                found += [self._ask(who, j) for j in places for who in (BASE, self.lens)]
        return found

    def _weigh(self) -> None:
        lens, evidence = self.lens, self.evidence(self.lens)
        self.peak = max(self.peak, evidence)
        gain, had = self.gain(lens), self.asked[BASE].sum()
        wide = gain.high - gain.low
        # Where an end is not known, more of the same will hardly tell it.
        known = wide <= 2 * np.log2(self.rules.precision) or (np.isinf(wide) and had >= _ENOUGH)
        hopeless = self._above(lens, BASE, float(np.log2(self.rules.gain))) < self.rules.alpha
        given_up = hopeless and not self.shown and evidence < HELD
        self.over = bool(had >= self.rules.most or (self.shown and known) or given_up)
