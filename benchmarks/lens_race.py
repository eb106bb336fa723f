"""How often a race and its confirmation find the right lens, and what they ask.

Simulated models with known lens effects: 8 lenses, L50 without one between 8 and 64 items, the
curve 1 to 4 octaves wide, lapses of 0 to 5 %, answers to one question alike through all lenses in a
share of 0.3 to 0.9 of its luck. Beside it the full factorial at the same confidence: every lens at
every octave of length, as many questions in each cell as make it right as often.

Run: python benchmarks/lens_race.py [--races 300] [--factorials 300] [--right 0.95] [--only X]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import binom
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.intervals import wilson
from snellen.stats.race import BASE, Ask, Confirmation, Race, Sight

DOC = Path(__file__).parents[1] / "docs" / "lenses.md"
SEED = 13
LONGEST = 512
CHART = [2**octave for octave in range(10)]
Draw = Callable[[np.random.Generator], Sequence[float]]


@dataclass
class Simulated:
    """A model whose L50 every lens multiplies by a known factor."""

    rng: np.random.Generator
    gains: Mapping[str, float]
    asked: int = 0
    _luck: dict[tuple[int, int, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the model."""
        base, width = self.rng.uniform(3, 6), float(np.exp2(self.rng.uniform(0, 2)))
        lapse, self.agreement = self.rng.uniform(0, 0.05), self.rng.uniform(0.3, 0.9)
        self.curves = {
            name: Psychometric(CurveFamily(), base + float(np.log2(gain)), width, lapse)
            for name, gain in {BASE: 1.0, **self.gains}.items()
        }

    def answers(self, asks: Sequence[Ask], fresh: int = 0) -> dict[Ask, bool]:
        said = {}
        for ask in asks:
            luck = self._luck.setdefault((fresh, ask.length, ask.index), self.rng.random())
            if self.rng.random() > self.agreement:
                luck = self.rng.random()
            said[ask] = bool(luck < self.curves[ask.lens].accuracy(ask.length))
        self.asked += len(said)
        return said


def factorial(rng: np.random.Generator, gains: Sequence[float], trials: int) -> bool:
    """Whether the full factorial prescribes the best lens, or one within a tenth of it.

    Every lens is asked so many questions at every octave of length. The lens of the largest L50 by
    the same posterior is tested against none: an exact test on pairs, adjusted for 8 (Bonferroni).
    """
    names = [f"lens {i}" for i in range(len(gains))]
    model = Simulated(rng, dict(zip(names, gains, strict=True)))
    sight = Sight.over(LONGEST)
    at = np.searchsorted(sight.lengths, CHART)
    p = np.array([model.curves[name].accuracy(np.array(CHART)) for name in (BASE, *names)])
    shape = (len(p), len(CHART), trials)
    shared = rng.random(shape) < model.agreement
    right = np.where(shared, rng.random(shape[1:]), rng.random(shape)) < p[:, :, None]
    correct, asked = np.zeros((2, len(p), sight.lengths.size), np.int64)
    correct[:, at], asked[:, at] = right.sum(axis=2), trials
    far = sight.within(sight.mass(correct, asked)) @ sight.thresholds
    best = 1 + int(np.argmax(far[1:]))
    wins, losses = (right[best] & ~right[0]).sum(), (~right[best] & right[0]).sum()
    shown = binom.sf(wins - 1, wins + losses, 0.5) <= 0.05 / len(gains)
    return bool(shown and gains[best - 1] >= 0.9 * max(gains) - 1e-9)


def same_confidence(draw: Draw, place: int, share: float, count: int) -> tuple[int, float] | None:
    """Questions in a cell of the smallest factorial that is right as often, and how often it is."""
    for trials in (5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        right = []
        for number in range(count):
            rng = np.random.default_rng([SEED + 1, place, number])
            right.append(factorial(rng, draw(rng), trials))
        if np.mean(right) >= share:
            return trials, float(np.mean(right))
    return None


@dataclass
class Outcome:
    """What one race came to."""

    best: bool
    prescribed: bool
    race: int
    confirmation: int
    wrong_exclusions: int
    error: float | None
    held: bool | None


def once(rng: np.random.Generator, gains: Sequence[float]) -> Outcome:
    names = [f"lens {i}" for i in range(len(gains))]
    model = Simulated(rng, dict(zip(names, gains, strict=True)))
    race = Race(names, LONGEST)
    while not race.over:
        race.update(model.answers(race.next()))
    spent, lens = model.asked, race.candidate
    confirmation = None
    if lens is not None:
        confirmation = Confirmation(lens, LONGEST)
        while not confirmation.over:
            confirmation.update(model.answers(confirmation.next(), 1))
    shown = confirmation is not None and confirmation.shown
    octaves = dict(zip(names, np.log2(gains), strict=True))
    wrong = sum(octaves[name] > race.excluded(name) + 1e-9 for name in names)
    error = held = None
    if shown and confirmation is not None and lens is not None:
        gain = confirmation.gain(lens)
        error = gain.middle - octaves[lens]
        held = bool(gain.low <= octaves[lens] <= gain.high)
    good = shown and lens is not None and 2 ** octaves[lens] >= 0.9 * max(gains) - 1e-9
    return Outcome(good, shown, spent, model.asked - spent, wrong, error, held)


def one(gain: float) -> Draw:
    return lambda rng: rng.permutation([gain, *[1.0] * 7]).tolist()


def several(rng: np.random.Generator) -> Sequence[float]:
    return rng.permutation([2.0, 1.5, 1.3, 1.1, 1.0, 1.0, 0.8, 0.6]).tolist()  # type: ignore[no-any-return]


def close(rng: np.random.Generator) -> Sequence[float]:
    return rng.permutation([2.0, 1.85, 1.7, 1.2, 1.0, 1.0, 1.0, 0.5]).tolist()  # type: ignore[no-any-return]


def drawn(rng: np.random.Generator) -> Sequence[float]:
    gains = np.exp2(rng.normal(0, 0.4, 8))
    gains[0] = np.exp2(rng.uniform(np.log2(1.5), 2))
    return rng.permutation(gains).tolist()  # type: ignore[no-any-return]


WORLDS: dict[str, Draw] = {
    "one of 8 doubles L50": one(2.0),
    "one of 8: times 1.5": one(1.5),
    "2, 1.5, 1.3, 1.1, 1, 1, 0.8, 0.6": several,
    "2, 1.85, 1.7, 1.2, 1, 1, 1, 0.5": close,
    "best 1.5 to 4, others around 1": drawn,
    "none of 8 helps": one(1.0),
}
HEAD = (
    "| lenses multiply L50 by | the best, or within a tenth | something prescribed | requests: race"
    " + confirmation | factorial as often right | share | interval of the gain holds | bias |"
)


def row(name: str, races: int, factorials: int, wanted: float | None = None) -> str:
    """One row of the table; prints how often a gain that is there was excluded."""
    draw, place = WORLDS[name], list(WORLDS).index(name)
    found = []
    for number in range(races):
        rng = np.random.default_rng([SEED, place, number])
        found.append(once(rng, draw(rng)))
    spent = [float(np.mean([getattr(one, stage) for one in found]))
             for stage in ("race", "confirmation")]  # fmt: skip
    excluded = sum(one.wrong_exclusions > 0 for one in found)
    print(f"  {name}: a gain that is there excluded in {_share(excluded, races)}", flush=True)
    prescribed = _share(sum(one.prescribed for one in found), races)
    requests = f"{spent[0]:.0f} + {spent[1]:.0f}"
    if max(draw(np.random.default_rng(0))) <= 1:
        return f"| {name} | – | {prescribed} | {requests} | – | – | – | – |"
    right = sum(one.best for one in found)
    held = [one.held for one in found if one.held is not None]
    errors = [one.error for one in found if one.error is not None]
    other = same_confidence(draw, place, wanted or right / races, factorials)
    theirs, share = "none up to 100 a cell", "–"
    if other is not None:
        cells = 9 * len(CHART) * other[0]
        theirs, share = f"{cells} ({other[0]} a cell)", f"{sum(spent) / cells:.2f}"
    cells_of = [
        name, _share(right, races), prescribed, requests, theirs, share,
        _share(sum(held), len(held)), f"{np.mean(errors):+.2f} octaves",
    ]  # fmt: skip
    return f"| {' | '.join(cells_of)} |"


def _share(count: int, of: int) -> str:
    low, high = wilson(count, of)
    return f"{count / of:.1%} ({low:.0%} to {high:.0%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--races", type=int, default=300)
    parser.add_argument("--factorials", type=int, default=300)
    parser.add_argument(
        "--right", type=float, help="how often the factorial is to be right (default: as the race)"
    )
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/lenses.md")
    options = parser.parse_args()
    lines = {}
    for name in WORLDS:
        if options.only in name:
            lines[name] = row(name, options.races, options.factorials, options.right)
            print(lines[name], flush=True)
            if options.write:
                _write(name, lines[name])


def _write(name: str, line: str) -> None:
    """Put one row in the place of the old one: the table may be made in several sittings."""
    start, end = "<!-- races -->\n", "<!-- /races -->"
    before, rest = DOC.read_text(encoding="utf-8").split(start)
    table, after = rest.split(end)
    old = {row.split(" | ")[0].strip("| "): row for row in table.splitlines()[2:]}
    rows = [{**old, name: line}[world] for world in WORLDS if world in {**old, name: line}]
    text = "\n".join([HEAD, "|---|---|---|---|---|---|---|---|", *rows])
    DOC.write_text(f"{before}{start}{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
