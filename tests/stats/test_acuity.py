"""What is quoted, what is censored, and what is said when nothing can be."""

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.stats.acuity import measure
from snellen.stats.tally import Tally

LENGTHS = 2 ** np.arange(0, 10)


def report(correct, trials=20, **options):
    return measure(LENGTHS, correct, [trials] * 10, **options)


def test_a_plain_curve_is_quoted_with_its_interval():
    found = report([20, 20, 20, 20, 20, 18, 11, 2, 0, 0])
    assert 60 < found.l50.value < 80
    assert found.l50.interval.low < found.l50.value < found.l50.interval.high
    assert found.l90.value < found.l50.value
    assert found.l50.censored is None
    assert str(found.l50) == (
        f"{found.l50.value:.3g} ({found.l50.interval.low:.3g} to {found.l50.interval.high:.3g})"
    )
    assert found.warnings == ()


def test_data_that_do_not_cross_are_censored():
    above, below = report([20] * 10), report([0] * 10)
    assert (above.l50.value, above.l50.censored, str(above.l50)) == (None, "above", "> 512")
    assert above.l50.interval == (512, np.inf)
    assert (below.l50.value, below.l50.censored, str(below.l50)) == (None, "below", "< 1")
    assert below.l50.interval == (0, 1)


def test_a_doubtful_end_is_left_open():
    """Half right at the longest length: L50 may lie on either side of it."""
    found = report([20] * 9 + [10])
    assert found.l50.interval.high == np.inf
    assert 256 < found.l50.interval.low < 512
    doubtful = report([20] * 9 + [12])
    assert doubtful.l50.censored == "above"
    assert str(doubtful.l50) == f"> {doubtful.l50.interval.low:.3g}"
    assert doubtful.l50.interval.low < 512


def test_lapses_put_l90_below_the_chart_and_guesses_forbid_l50():
    assert report([17] * 6 + [0] * 4).l90.censored == "below"
    guessed = report([20] * 5 + [10] * 5, chance=0.5)
    assert guessed.l50.value is None
    assert "50%" in guessed.l50.reason
    assert str(guessed.l50) == "not quoted"
    assert 8 < guessed.l90.value < 32


@pytest.mark.parametrize(
    ("lengths", "trials", "reason"),
    [([], [], "no trial was answered"), ([4, 8], [0, 0], "no trial"), ([4], [9], "length 4")],
)
def test_too_little_data_gives_the_reason_and_the_points(lengths, trials, reason):
    found = measure(lengths, [0] * len(lengths), trials)
    assert found.curve is None
    assert reason in found.l50.reason
    assert found.points.trials.sum() == sum(trials)


def test_repeated_lengths_are_one_length():
    whole = report([20, 20, 20, 20, 20, 18, 11, 2, 0, 0])
    rng = np.random.default_rng(0)
    order = rng.permutation(200)
    right = np.arange(20)[None, :] < whole.points.correct[:, None]
    trial_by_trial = measure(np.repeat(LENGTHS, 20)[order], right.ravel()[order], np.ones(200))
    assert trial_by_trial.l50.interval == whole.l50.interval
    assert trial_by_trial.fit == whole.fit


def test_favourite_numbers_are_warned_of():
    """Blind at 64, perfect at 128: an attractor, not acuity."""
    found = report([20, 20, 20, 20, 12, 3, 0, 20, 0, 0])
    assert len(found.warnings) == 2
    assert "0 of 20 correct at length 64, but 20 of 20 at 128" in found.warnings[0]
    assert "lack of fit" in found.warnings[1]


@pytest.mark.parametrize(
    ("lengths", "correct", "trials"),
    [([1, 2], [1], [1, 1]), ([0], [1], [1]), ([1.5], [1], [1]), ([1], [2], [1]), ([1], [-1], [1])],
)
def test_counts_that_are_none_are_refused(lengths, correct, trials):
    with pytest.raises(InputError, match="counts"):
        Tally.of(lengths, correct, trials)
