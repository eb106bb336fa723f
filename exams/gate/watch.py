"""A gate that is repeated night after night against one baseline, at a fixed error rate.

A trial of the baseline is asked on one night only: its answer there is given, so that asking it
again would count the same luck of the baseline twice. Half of the error rate is for "worse", half
for "another model, or another precision, behind the same name".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...stats.sequential.betting import log_e_value_one_sided
from ...stats.sequential.levels import log_e_since, log_e_worse
from ...store.curve_key import CurveKey
from ...store.journal import digest
from ...store.manifest import now
from ...store.nights import KeptPair, Night, Nights, curve_of, used
from ...store.plan import Plan
from .limits import Limits
from .pairs import lost, won
from .sides import KeptSide
from .tally import Counts, Tally

NIGHTLY = 8
"""Pairs at every length on one night, where nothing else is said."""


@dataclass
class Watch:
    """The nights so far.

    Attributes:
        book: where they are kept.
        name: of tonight.
        kept: the baseline.
        before: earlier nights, in order.
    """

    book: Nights
    name: str
    kept: KeptSide
    before: Sequence[Night] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.book.read(but=self.name)
        self._used = used(self.before)

    def indices(self, curve: CurveKey, length: int) -> list[int]:
        """The trials that no night has asked yet."""
        spent = self._used.get((curve, length), set())
        return [index for index in self.kept.indices(curve, length) if index not in spent]

    def check(self) -> None:
        """Make sure that the baseline has trials left.

        Raises:
            InputError: it has none.
        """
        if not any(self.indices(c, n) for c, counts in self.kept.asked.items() for n in counts):
            raise InputError(
                f"every trial of {self.kept.run.path} was asked on one of {len(self.before)} "
                "earlier nights, and none counts twice; make another, larger baseline"
            )

    def worse(self, tally: Tally) -> float:
        """Largest log e-value so far against "B is not worse", tonight included."""
        nights = [self._counts(tally, night) for night in self.before]
        nights.append((tally.wins, tally.held))
        terms = [
            log_e_worse(
                np.sum([w for w, _ in nights[s:]], axis=0),
                np.sum([n for _, n in nights[s:]], axis=0),
            )
            for s in range(len(nights))
        ]
        return max([log_e_since(terms), *(night.log_e_worse for night in self.before)])

    def other(self, tally: Tally) -> float:
        """Largest log e-value so far against "B is the same model on the same engine"."""
        apart = [(night.other, night.alike) for night in self.before] + [tally.apart()]
        terms = [
            float(log_e_value_one_sided(*map(sum, zip(*apart[s:], strict=True))))
            for s in range(len(apart))
        ]
        return max([log_e_since(terms), *(night.log_e_other for night in self.before)])

    def add(self, tally: Tally, verdict: str) -> list[dict[str, Any]]:
        """Keep tonight.

        Returns:
            All nights, as gate.json shows them.
        """
        pairs = list(tally.pairs.values())
        other, alike = tally.apart()
        tonight = Night(
            at=now(),
            name=self.name,
            verdict=verdict,
            log_e_worse=self.worse(tally),
            log_e_other=self.other(tally),
            right_a=sum(pair.a.right for pair in pairs),
            right_b=sum(pair.b.right for pair in pairs),
            other=other,
            alike=alike,
            pairs=[
                KeptPair(curve_of(p.trial), p.trial.length, p.trial.index, lost(p), won(p),
                         tally.upheld(p))
                for p in pairs
            ],
        )  # fmt: skip
        self.book.add(tonight)
        return [
            {"at": n.at, "name": n.name, "verdict": n.verdict, "trials": len(n.pairs),
             "right_a": n.right_a, "right_b": n.right_b, "log_e_worse": n.log_e_worse,
             "log_e_other": n.log_e_other}
            for n in (*self.before, tonight)
        ]  # fmt: skip

    def _counts(self, tally: Tally, night: Night) -> tuple[Counts, Counts]:
        """Wins and upheld losses of an earlier night, shape (curves, levels) each."""
        wins, held = np.zeros_like(tally.wins), np.zeros_like(tally.held)
        for pair in night.pairs:
            for level, here in enumerate(tally.levels):
                if here.lengths.get(pair.curve) == pair.length:
                    at = list(tally.curves).index(pair.curve), level
                    wins[at] += pair.only_b
                    held[at] += pair.upheld
        return wins, held


def nightly(limits: Limits) -> Limits:
    """The limits of one night: half of the error rate for each question, few pairs a length."""
    return replace(limits, alpha=limits.alpha / 2, most=limits.most or NIGHTLY)


def open_watch(history: Path, name: str, kept: KeptSide, judged: Plan) -> Watch:
    """The watch of a baseline over an endpoint.

    Raises:
        InputError: the file of nights cannot be used, or the baseline is used up.
    """
    manifest = kept.run.manifest
    key = digest([manifest.documents_sha256, manifest.created, judged.model, judged.base_url,
                  sorted(kept.asked)])  # fmt: skip
    watch = Watch(Nights(history, key), name, kept)
    watch.check()
    return watch
