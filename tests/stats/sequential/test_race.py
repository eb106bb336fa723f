"""The race: it finds the lens that helps, names no other, and spends little on the rest."""

from __future__ import annotations

import numpy as np
import pytest
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.sequential import Race

LENGTHS = (2, 4, 8, 16, 32, 64, 128, 256, 512)
LENSES = tuple(f"lens {i}" for i in range(8))


def run(ratio: float, seed: int, most: int = 1500) -> tuple[Race, int]:
    """One lens of eight multiplies L50 by the ratio; the state at the end, and the requests."""
    rng = np.random.default_rng(seed)
    base = Psychometric(CurveFamily(), rng.uniform(3, 7), float(np.exp2(rng.uniform(0, 2))), 0.03)
    good = Psychometric(base.family, base.threshold + np.log2(ratio), base.width, base.lapse)
    p = {n: (float(base.accuracy(n)), float(good.accuracy(n))) for n in LENGTHS}
    race, requests = Race.start(LENSES, LENGTHS), 0
    while not race.over and requests < most:
        for n in race.next_lengths(4):
            luck = rng.random()
            answers = {
                name: bool((luck if rng.random() < 0.6 else rng.random()) < p[n][name == "lens 3"])
                for name in race.running
            }
            requests += 1 + len(answers)
            race = race.update(n, bool(luck < p[n][0]), answers)
    return race, requests


def test_a_lens_that_doubles_sight_is_found_for_little() -> None:
    found = [run(2.0, seed) for seed in range(25)]
    assert np.mean([race.shown[:1] == ("lens 3",) for race, _ in found]) >= 0.9
    assert np.mean([requests for _, requests in found]) < 461


def test_where_none_helps_none_is_named() -> None:
    found = [run(1.0, seed, most=600) for seed in range(25)]
    assert sum(bool(race.shown) for race, _ in found) <= 3


def test_losers_are_dropped_and_lengths_narrowed() -> None:
    race, _ = run(2.0, 3)
    assert len(race.running) < 8
    asked = race.asked / race.asked.sum()
    assert asked.max() > 2 / len(LENGTHS)
    assert race.p_value("lens 3") <= 0.05 / 8


def test_every_length_is_asked_before_any_twice() -> None:
    race = Race.start(["x"], LENGTHS)
    assert race.next_lengths(9) == list(LENGTHS)
    assert len(race.next_lengths(3)) == 3


def test_a_failed_lens_says_nothing() -> None:
    race = Race.start(["x", "y"], [4, 8]).update(4, True, {"x": False})
    assert race.losses.tolist() == [[1, 0], [0, 0]]
    assert race.beats.sum() == 0


def test_races_that_are_none_are_refused() -> None:
    for lenses, lengths, alpha in (
        ([], [1], 0.1),
        (["x"], [], 0.1),
        (["x", "x"], [1], 0.1),
        (["x"], [1], 1.0),
    ):
        with pytest.raises(ValueError, match=r"race|twice|alpha"):
            Race.start(lenses, lengths, alpha)
    with pytest.raises(ValueError, match="not in the race"):
        Race.start(["x"], [4]).update(5, True, {})
