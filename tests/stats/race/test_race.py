"""The race and its confirmation: a small part of the table in docs/lenses.md, and the rules."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from snellen.stats.race import BASE, Ask, Confirmation, Race, Rules

from ...present import present

ROOT = Path(__file__).parents[3]


@cache
def benchmark() -> ModuleType:
    """The simulation whose table is committed."""
    spec = importlib.util.spec_from_file_location("lens_race", ROOT / "benchmarks/lens_race.py")
    module = importlib.util.module_from_spec(present(spec))
    sys.modules["lens_race"] = module
    present(present(spec).loader).exec_module(module)
    return module


def outcomes(world: str, count: int) -> list[object]:
    """The first races of a row of the table."""
    made = benchmark()
    place = list(made.WORLDS).index(world)
    rngs = [np.random.default_rng([made.SEED, place, number]) for number in range(count)]
    return [made.once(rng, made.WORLDS[world](rng)) for rng in rngs]


def play(race: Race, far: Mapping[str, float], most: int = 100) -> None:
    """Answers without luck: right up to a length, by lens."""
    for _ in range(most):
        if race.over:
            return
        race.update({ask: ask.length <= far[ask.lens] for ask in race.next()})
    raise AssertionError("it does not end")


@pytest.mark.parametrize(
    "world", ["one of 8 doubles L50", "one of 8: times 1.5", "2, 1.5, 1.3, 1.1, 1, 1, 0.8, 0.6"]
)
def test_the_best_lens_or_one_as_good_is_prescribed(world: str) -> None:
    found = outcomes(world, 6)
    assert sum(one.best for one in found) >= 6  # type: ignore[attr-defined]
    spent = np.mean([one.race + one.confirmation for one in found])  # type: ignore[attr-defined]
    assert spent < 0.25 * 9 * 10 * 40  # a factorial with 40 questions a cell


def test_where_none_helps_none_is_prescribed() -> None:
    found = outcomes("none of 8 helps", 3)
    assert sum(one.prescribed for one in found) == 0  # type: ignore[attr-defined]
    assert sum(one.wrong_exclusions > 0 for one in found) <= 1  # type: ignore[attr-defined]


def test_the_committed_table_keeps_what_it_promises() -> None:
    text = (ROOT / "docs/lenses.md").read_text(encoding="utf-8")
    table = text.split("<!-- races -->\n")[1].split("<!-- /races -->")[0]
    lines = [line.split("|") for line in table.splitlines()[2:]]
    rows = {cells[1].strip(): cells for cells in lines}
    asked = {"one of 8 doubles L50", "one of 8: times 1.5", "none of 8 helps"}
    assert asked <= set(rows) <= set(benchmark().WORLDS)
    for name, cells in rows.items():
        found = [re.match(r" ([\d.]+)%", cell) for cell in cells[2:4]]
        shares = [float(share[1]) for share in found if share]
        if name == "none of 8 helps":
            assert shares[0] <= 5
        else:
            assert shares[0] >= 95
            assert float(cells[6]) <= 0.25


def test_whoever_is_asked_a_question_the_base_is_asked_it_too() -> None:
    race, seen = Race(["a", "b", "c"], 128), set()
    for _ in range(4):
        batch = race.next()
        assert len(batch) == len(set(batch))
        seen |= set(batch)
        race.update({ask: ask.length < 20 for ask in batch})
    base = {(ask.length, ask.index) for ask in seen if ask.lens == BASE}
    assert {(ask.length, ask.index) for ask in seen} == base
    for name in (BASE, "a"):
        for length in {ask.length for ask in seen}:
            asked = sorted(a.index for a in seen if a.lens == name and a.length == length)
            assert asked == list(range(len(asked)))


def test_losers_are_dropped_with_the_reason() -> None:
    race = Race(["far", "near", "same", "spoils"], 256)
    play(race, {BASE: 16, "far": 90, "near": 50, "same": 16, "spoils": 2})
    assert (race.leader, race.candidate) == ("far", "far")
    assert "far" in race.running
    assert race.dropped["spoils"] in ("worse", "no gain", "behind")
    assert race.gain("far").middle > 2


def test_what_does_not_help_is_excluded_and_nothing_is_a_candidate() -> None:
    race = Race(["a", "b"], 256)
    play(race, {BASE: 16, "a": 16, "b": 16})
    assert (race.running, race.candidate) == ((), None)
    assert max(race.excluded(name) for name in race.lenses) < np.log2(1.5)


def test_a_lens_is_found_where_nobody_is_half_right() -> None:
    race, rng = Race(["a", "b"], 64), np.random.default_rng(4)
    while not race.over:
        batch = race.next()
        race.update({ask: ask.lens == "a" and rng.random() < 0.35 for ask in batch})
    assert race.candidate == "a"
    assert all(race.sees_nothing(name) for name in (BASE, "b"))


def test_failures_say_nothing_and_end_the_race() -> None:
    race = Race(["a"], 64, Rules(most=24))
    batches = 0
    while not race.over:
        race.next()
        race.update({})
        batches += 1
    assert (race.candidate, batches) == (None, 5)
    assert race.pairs("a") == (0, 0, 0)


def test_the_state_is_a_function_of_the_answers() -> None:
    one, other = Race(["a", "b"], 64), Race(["a", "b"], 64)
    for _ in range(3):
        batch = one.next()
        assert other.next() == batch
        answers = {ask: ask.length <= 10 + 4 * (ask.lens == "b") for ask in batch}
        one.update(answers)
        other.update(dict(reversed(answers.items())))
    assert (one.running, one.gain("a"), one.over) == (other.running, other.gain("a"), other.over)


def test_a_confirmation_asks_both_the_same_and_shows() -> None:
    confirmation = Confirmation("a", 256)
    batch = confirmation.next()
    assert {(a.length, a.index) for a in batch if a.lens == "a"} == {
        (a.length, a.index) for a in batch if a.lens == BASE
    }
    confirmation.update({ask: ask.length <= (60 if ask.lens == "a" else 12) for ask in batch})
    play(confirmation, {BASE: 12, "a": 60})
    assert confirmation.shown
    gain = confirmation.gain("a")
    assert gain.low < np.log2(5) < gain.high


def test_a_lens_that_does_nothing_is_shown_with_the_stated_rate_at_most() -> None:
    shown = 0
    for seed in range(40):
        rng, confirmation = np.random.default_rng(seed), Confirmation("a", 64, Rules(most=60))
        while not confirmation.over:
            confirmation.update(
                {ask: bool(rng.random() < 8 / (8 + ask.length)) for ask in confirmation.next()}
            )
        shown += confirmation.shown
    assert shown <= 4  # 40 x 0.05 is 2; more has a probability of 0.05


def test_races_that_are_none_are_refused() -> None:
    for lenses in ([], ["x", "x"], [BASE]):
        with pytest.raises(ValueError, match="a race of"):
            Race(lenses, 64)
    for wrong in ({"alpha": 0.0}, {"near": 1.2}, {"gain": 1.0}, {"precision": 0.5}, {"most": 0}):
        with pytest.raises(ValueError, match="Rules"):
            Rules(**wrong)
    with pytest.raises(KeyError):
        Race(["a"], 64).update({Ask("b", 4, 0): True})
