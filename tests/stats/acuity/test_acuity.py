"""What is quoted, what is censored, and what is said when nothing can be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.stats.acuity import measure, measure_together
from snellen.stats.acuity.measure import AcuityReport
from snellen.stats.tally import Tally

from ...present import present

LENGTHS = 2 ** np.arange(0, 10)


def report(
    correct: list[int],
    trials: int = 20,
    **options: Any,
) -> AcuityReport:
    return measure(LENGTHS, correct, [trials] * 10, **options)


def test_a_plain_curve_is_quoted_with_its_interval() -> None:
    found = report([20, 20, 20, 20, 20, 18, 11, 2, 0, 0])
    assert 60 < present(found.l50.value) < 80
    assert found.l50.interval.low < present(found.l50.value) < found.l50.interval.high
    assert present(found.l90.value) < present(found.l50.value)
    assert found.l50.censored is None
    assert str(found.l50) == (
        f"{found.l50.value:.3g} ({found.l50.interval.low:.3g} to {found.l50.interval.high:.3g})"
    )
    assert found.warnings == ()


def test_data_that_do_not_cross_are_censored() -> None:
    above, below = report([20] * 10), report([4, 1, *[0] * 8])
    assert (above.l50.value, above.l50.censored, str(above.l50)) == (None, "above", "> 512")
    assert above.l50.interval == (512, np.inf)
    assert (below.l50.value, below.l50.censored, str(below.l50)) == (None, "below", "< 1")
    assert below.l50.interval == (0, 1)


def test_a_doubtful_end_is_left_open() -> None:
    """Half right at the longest length: L50 may lie on either side of it."""
    found = report([20] * 9 + [10])
    assert found.l50.interval.high == np.inf
    assert 256 < found.l50.interval.low < 512
    doubtful = report([20] * 9 + [12])
    assert doubtful.l50.censored == "above"
    assert str(doubtful.l50) == f"> {doubtful.l50.interval.low:.3g}"
    assert doubtful.l50.interval.low < 512


def test_lapses_put_l90_below_the_chart_and_guesses_forbid_l50() -> None:
    assert report([17] * 6 + [0] * 4).l90.censored == "below"
    guessed = report([20] * 5 + [10] * 5, chance=0.5)
    assert guessed.l50.value is None
    assert "50%" in present(guessed.l50.reason)
    assert str(guessed.l50) == "not quoted"
    assert 8 < present(guessed.l90.value) < 32


@pytest.mark.parametrize(
    ("lengths", "trials", "reason"),
    [([], [], "no trial was answered"), ([4, 8], [0, 0], "no trial"), ([4], [9], "none of 9")],
)
def test_too_little_data_gives_the_reason_and_the_points(
    lengths: list[int], trials: list[int], reason: str
) -> None:
    found = measure(lengths, [0] * len(lengths), trials)
    assert found.curve is None
    assert reason in present(found.l50.reason)
    assert found.points.trials.sum() == sum(trials)


def test_repeated_lengths_are_one_length() -> None:
    whole = report([20, 20, 20, 20, 20, 18, 11, 2, 0, 0])
    rng = np.random.default_rng(0)
    order = rng.permutation(200)
    right = np.arange(20)[None, :] < whole.points.correct[:, None]
    trial_by_trial = measure(np.repeat(LENGTHS, 20)[order], right.ravel()[order], np.ones(200))
    assert trial_by_trial.l50.interval == whole.l50.interval
    assert trial_by_trial.fit == whole.fit


NO_ACUITY: dict[str, tuple[list[int], dict[str, Any], str]] = {
    "attractor": ([20, 20, 20, 20, 12, 3, 0, 20, 0, 0], {}, "0 of 20 correct at length 64, but 20"),
    "flat": ([10] * 10, {}, "not shown to fall"),
    "nothing right": ([0] * 10, {}, "none of 200 answers was correct"),
    "lapses of a quarter": ([15] * 6 + [0] * 4, {}, "wrong however short"),
    "unreadable": ([20] * 5 + [0] * 5, {"unreadable": 101}, "101 of 200 answers could not be read"),
    "unreadable, by length": ([20] * 5 + [0] * 5, {"unreadable": [0] * 4 + [20] * 6}, "120 of 200"),
    "guessing": ([3, 2, 1, 2, 3, 2, 1, 2, 2, 2], {"chance": 0.1}, "no more than guessing gives"),
    "guessing, by length": (
        [14, 10, 8, 6, 4, 3, 2, 1, 0, 1],
        {"chance": [0.7, 0.49, 0.41, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04]},
        "no more than guessing gives",
    ),
}


@pytest.mark.parametrize("name", NO_ACUITY)
def test_curves_that_have_no_acuity_say_why(name: str) -> None:
    correct, options, reason = NO_ACUITY[name]
    found = report(correct, **options)
    assert reason in present(found.reason)
    for acuity in (found.l50, found.l80, found.l90):
        assert (acuity.value, acuity.interval, acuity.distribution) == (None, (0, np.inf), None)
        assert str(acuity) == "not quoted"
        assert reason in present(acuity.reason)


def test_sight_above_guessing_by_length_is_quoted() -> None:
    chance = [0.7, 0.49, 0.41, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04]
    right = [20, 20, 20, 20, 15, 8, 2, 1, 0, 1]
    found = report(right, chance=chance)
    assert 16 < found.l50.interval.low < present(found.l50.value) < found.l50.interval.high < 45
    as_function = report(right, chance=lambda n: chance[int(np.log2(n))])
    assert as_function.l50.interval == found.l50.interval


@pytest.mark.parametrize("trials", [10, 1000, 10**7])
def test_a_step_leaves_the_whole_gap_however_many_trials(trials: int) -> None:
    found = report([trials] * 5 + [0] * 5, trials)
    for acuity in (found.l50, found.l80, found.l90):
        assert 14 <= acuity.interval.low <= 16
        assert acuity.interval.high == 32
        assert 16 < present(acuity.value) < 32
    assert found.warnings == ()


def test_lengths_that_differ_among_themselves_widen_the_interval_and_are_told_of() -> None:
    """The mean curve is the same; in the second, every length is off by about a logit."""
    even = measure(LENGTHS, [60, 60, 59, 55, 45, 30, 15, 5, 1, 0], [60] * 10)
    uneven = measure(LENGTHS, [60, 60, 58, 47, 52, 22, 22, 3, 2, 0], [60] * 10)
    assert even.spread < 0.5 < 1.0 < uneven.spread
    assert uneven.reason is None
    widths = [np.log2(r.l50.interval.high / r.l50.interval.low) for r in (even, uneven)]
    assert widths[1] > 1.5 * widths[0]
    assert "more alike" in uneven.warnings[0]


def test_some_unreadable_answers_are_warned_of() -> None:
    found = report([20] * 5 + [0] * 5, unreadable=30)
    assert found.reason is None
    assert "30 of 200 answers could not be read" in found.l50.warnings[0]


def test_curves_measured_together_learn_their_spread_from_each_other() -> None:
    smooth = (LENGTHS, [60, 60, 59, 55, 45, 30, 15, 5, 1, 0], [60] * 10)
    alone = measure(*smooth)
    together = measure_together([smooth] * 8)
    assert all(one.l50.interval == alone.l50.interval for one in together)  # nothing to learn
    assert measure_together([smooth])[0].l50.interval == alone.l50.interval
    uneven = (LENGTHS, [60, 60, 40, 60, 25, 45, 5, 20, 0, 0], [60] * 10)
    alone = measure(*uneven)
    together = measure_together([uneven] * 8)
    assert together[0].spread > 1.05 * alone.spread


def test_a_hundred_thousand_lengths_take_seconds() -> None:
    n = np.unique(np.rint(np.geomspace(1, 10**7, 130_000)).astype(int))[:100_000]
    p = 1 / (1 + (n / 3000.0) ** 2)
    right = np.random.default_rng(0).random(n.size) < p
    started = time.process_time()
    found = measure(n, right, np.ones(n.size))
    assert time.process_time() - started < 5
    assert found.points.lengths.size == n.size
    assert found.l50.value == pytest.approx(3000, rel=0.05)
    assert found.l50.interval.high / found.l50.interval.low < 1.1


@pytest.mark.parametrize(
    ("lengths", "correct", "trials"),
    [
        ([1, 2], [1], [1, 1]),
        ([0], [1], [1]),
        ([1.5], [1], [1]),
        ([1], [2], [1]),
        ([1], [-1], [1]),
        ([1, 2], [1, 1], [1.5, 1]),
        ([1], [0.5], [1]),
    ],
)
def test_counts_that_are_none_are_refused(
    lengths: list[float],
    correct: list[float],
    trials: list[float],
) -> None:
    with pytest.raises(InputError, match="counts"):
        Tally.of(lengths, correct, trials)
