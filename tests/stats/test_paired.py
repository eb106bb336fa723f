"""Paired comparison against statsmodels, enumeration, and observers whose truth is known."""

import itertools

import numpy as np
import pytest
from scipy.stats import binom
from snellen.errors import InputError
from snellen.stats.joint import joint_thresholds
from snellen.stats.paired import Verdict, compare, holm, mcnemar, paired
from snellen.stats.posterior import posterior
from snellen.stats.power import detectable_difference, detectable_ratio
from snellen.stats.psychometric import Family, Psychometric
from snellen.stats.tally import Tally
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests

LENGTHS = 2 ** np.arange(0, 10)
FAMILY = Family(0.0)


def answers(threshold_a, threshold_b, *, trials=40, agreement=0.8, seed=0, width=2.0):
    rng = np.random.default_rng(seed)
    a, b = (Psychometric(FAMILY, t, width, 0.02) for t in (threshold_a, threshold_b))
    right_a, right_b = {}, {}
    for n in LENGTHS:
        luck = rng.random((trials, 2))
        luck[rng.random(trials) < agreement, 1:] = -1
        second = np.where(luck[:, 1] < 0, luck[:, 0], luck[:, 1])
        for i in range(trials):
            right_a[int(n), i] = bool(luck[i, 0] < a.accuracy(n))
            right_b[int(n), i] = bool(second[i] < b.accuracy(n))
    return right_a, right_b


def test_mcnemar_is_statsmodels():
    for only_a, only_b in itertools.product((0, 1, 3, 10, 40), repeat=2):
        theirs = their_mcnemar([[5, only_a], [only_b, 5]], exact=True).pvalue
        assert mcnemar(only_a, only_b) == pytest.approx(theirs, abs=1e-12)


def test_holm_is_statsmodels():
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 30):
        p = rng.random(size) ** 3
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
    assert holm([]).size == 0


def test_pairs_are_counted_by_trial():
    a = {(4, 0): True, (4, 1): True, (4, 2): False, (2, 0): False, (8, 0): True}
    b = {(4, 0): True, (4, 1): False, (4, 2): True, (2, 0): False, (9, 0): True}
    pairs = paired(a, b)
    assert pairs.lengths.tolist() == [2, 4]
    assert [cell.tolist() for cell in pairs[1:]] == [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert pairs.total == 4


@pytest.mark.parametrize(("octaves", "verdict"), [(1.0, Verdict.BETTER), (-1.0, Verdict.WORSE)])
def test_a_clear_difference_is_called(octaves, verdict):
    found = compare(*answers(5.0, 5.0 + octaves))
    assert found.verdict is verdict
    assert found.ratio_interval.low < 2**octaves < found.ratio_interval.high
    assert np.sign(found.difference) == np.sign(octaves)
    assert found.detectable_ratio < 2
    assert "alone right" in found.why


def test_no_difference_needs_the_margin_excluded():
    many = compare(*answers(5.0, 5.0, trials=60, agreement=0.95))
    assert many.verdict is Verdict.NO_DIFFERENCE
    assert 1 / 1.25 < many.ratio_interval.low < 1 < many.ratio_interval.high < 1.25
    few = compare(*answers(5.0, 5.0, trials=5, agreement=0.5))
    assert few.verdict is Verdict.INCONCLUSIVE
    assert "beyond the margin" in few.why
    assert few.detectable_difference > many.detectable_difference


def test_opposite_lengths_are_inconclusive_not_equal():
    a, b = answers(5.0, 5.0, agreement=1.0)
    for i in range(20):
        a[4, i], b[4, i] = True, False
        a[256, i], b[256, i] = False, True
    found = compare(a, b, margin=100.0)
    assert found.p_pooled > 0.5
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "length" in found.why


def test_two_models_beyond_the_chart_cannot_be_told_apart():
    found = compare(*answers(13.0, 14.0))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.ratio is None
    assert found.ratio_interval == (0, np.inf)


def test_one_model_beyond_the_chart_is_better_by_a_bound():
    found = compare(*answers(5.0, 14.0))
    assert found.verdict is Verdict.BETTER
    assert found.ratio is None
    assert 8 < found.ratio_interval.low < 20
    assert found.ratio_interval.high == np.inf


def test_identical_answers_narrow_the_ratio_but_never_to_nothing():
    a, _ = answers(5.3, 5.3)
    same = compare(a, a).ratio_interval
    apart = compare(*answers(5.3, 5.3, agreement=0.0)).ratio_interval
    assert np.log2(same.high / same.low) < 0.6 * np.log2(apart.high / apart.low)
    assert same.low < 0.99
    assert same.high > 1.01


def test_unpaired_answers_have_the_posterior_of_each_curve():
    """Nothing in common: the draws are those of the two grids, uncorrelated."""
    a, b = answers(4.6, 5.9, agreement=0.0)
    nothing = paired({}, {})
    tallies = [
        Tally.of([n for n, _ in run], [int(v) for v in run.values()], [1] * len(run))
        for run in (a, b)
    ]
    draws = joint_thresholds(nothing, *tallies, FAMILY)
    for mine, tally in zip(draws, tallies, strict=True):
        belief = posterior(tally, FAMILY).belief(0.5)
        spread = belief.quantile(0.84) - belief.quantile(0.16)
        for p in (0.025, 0.5, 0.975):
            assert np.quantile(mine, p) == pytest.approx(belief.quantile(p), abs=0.12 * spread)
    assert abs(np.corrcoef(*draws)[0, 1]) < 0.15


def test_detectable_difference_is_that_of_enumeration():
    """Power summed over every table of 30 pairs, at and just below the difference."""
    pairs, discordant = 30, 6
    difference = detectable_difference(pairs, discordant)

    def power(delta):
        either = max((discordant + 0.5) / (pairs + 1), delta)
        total = 0.0
        for d in range(pairs + 1):
            for k in range(d + 1):
                if mcnemar(k, d - k) <= 0.05:
                    split = binom.pmf(k, d, (1 - delta / either) / 2)
                    total += binom.pmf(d, pairs, either) * split
        return total

    assert power(difference) == pytest.approx(0.8, abs=1e-3)
    assert power(difference - 0.02) < 0.8
    assert detectable_difference(5, 1) == np.inf
    assert detectable_difference(4000, 100) < detectable_difference(400, 10)


def test_detectable_ratio_makes_the_difference():
    a, b = answers(5.0, 5.0)
    pairs = paired(a, b)
    nothing = Tally.of([], [], [])
    ratio = detectable_ratio(pairs, nothing, FAMILY, 0.05)
    # 10 lengths an octave apart and a curve that falls from 1 to 0: a shift of one octave
    # changes the mean accuracy by about a tenth, so half an octave by 0.05.
    assert np.log2(ratio) == pytest.approx(0.5, abs=0.1)
    assert detectable_ratio(pairs, nothing, FAMILY, 0.99) == np.inf


def test_runs_without_pairs_and_bad_options_are_refused():
    with pytest.raises(InputError, match="no trial in common"):
        compare({(1, 0): True}, {(1, 1): True})
    for options in ({"margin": 1.0}, {"alpha": 0.0}):
        with pytest.raises(InputError):
            compare({(1, 0): True}, {(1, 0): True}, **options)
