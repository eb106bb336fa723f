"""Paired comparison against statsmodels, enumeration, and observers whose truth is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom
from snellen.errors import InputError
from snellen.stats.compare import ComparisonVerdict as Verdict
from snellen.stats.compare import compare, pool
from snellen.stats.compare.compare import paired
from snellen.stats.compare.mcnemar import (
    BIAS,
    bias_probability,
    clustered,
    clustered_many,
    holm,
    mcnemar,
    mcnemar_midp,
)
from snellen.stats.compare.paired_posterior import Pairs, joint_thresholds
from snellen.stats.compare.power import Alternative, alternative, detectable
from snellen.stats.curve.posterior import posterior
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.curve.spread import NONE
from snellen.stats.tally import Tally
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests

from ...present import present

LENGTHS = 2 ** np.arange(0, 10)
FAMILY = CurveFamily(0.0)


def answers(
    threshold_a: float,
    threshold_b: float,
    *,
    trials: int = 40,
    agreement: float = 0.8,
    seed: int = 0,
    width: float = 2.0,
) -> tuple[dict[tuple[int, int], bool], dict[tuple[int, int], bool]]:
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


def test_mcnemar_is_statsmodels() -> None:
    for only_a, only_b in itertools.product((0, 1, 3, 10, 40), repeat=2):
        theirs = their_mcnemar([[5, only_a], [only_b, 5]], exact=True).pvalue
        assert mcnemar(only_a, only_b) == pytest.approx(theirs, abs=1e-12)


def test_holm_is_statsmodels() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 30):
        p = rng.random(size) ** 3
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
    assert holm([]).size == 0


def test_pairs_are_counted_by_trial() -> None:
    a = {(4, 0): True, (4, 1): True, (4, 2): False, (2, 0): False, (8, 0): True}
    b = {(4, 0): True, (4, 1): False, (4, 2): True, (2, 0): False, (9, 0): True}
    pairs = paired(a, b)
    assert pairs.lengths.tolist() == [2, 4]
    assert [cell.tolist() for cell in pairs[1:]] == [[0, 1], [0, 1], [0, 1], [1, 0]]
    assert pairs.total == 4


def test_many_lengths_are_counted_together_and_no_pair_is_lost() -> None:
    n = np.arange(1, 3001)
    cells = [np.full(3000, i) for i in (4, 1, 2, 3)]
    few = Pairs(n, *cells).coarse()
    assert few.lengths.size <= 256
    assert [int(cell.sum()) for cell in few[1:]] == [12000, 3000, 6000, 9000]
    assert Pairs(n[:9], *(c[:9] for c in cells)).coarse().lengths.tolist() == list(range(1, 10))


@pytest.mark.parametrize(("octaves", "verdict"), [(1.6, Verdict.BETTER), (-1.6, Verdict.WORSE)])
def test_a_clear_difference_is_called(octaves: float, verdict: Verdict) -> None:
    found = compare(*answers(5.0, 5.0 + octaves))
    assert found.verdict is verdict
    assert found.ratio_interval.low < 2**octaves < found.ratio_interval.high
    assert np.sign(found.difference) == np.sign(octaves)
    assert found.detectable_ratio < 3
    assert "only B got right" in found.why


def test_no_difference_needs_the_margin_excluded() -> None:
    many = compare(*answers(5.0, 5.0, trials=60, agreement=0.95))
    assert many.verdict is Verdict.NO_DIFFERENCE
    assert 1 / 1.25 < many.ratio_interval.low < 1 < many.ratio_interval.high < 1.25
    few = compare(*answers(5.0, 5.0, trials=5, agreement=0.5))
    assert few.verdict is Verdict.INCONCLUSIVE
    assert "beyond the margin" in few.why
    assert few.detectable_difference > many.detectable_difference


def test_opposite_lengths_are_inconclusive_not_equal() -> None:
    a, b = answers(5.0, 5.0, agreement=1.0)
    for i in range(20):
        a[4, i], b[4, i] = True, False
        a[256, i], b[256, i] = False, True
    found = compare(a, b, margin=100.0)
    assert found.p_pooled > 0.5
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "length" in found.why


def test_two_models_beyond_the_chart_are_compared_by_accuracy() -> None:
    found = compare(*answers(13.0, 14.0))
    assert found.ratio is None
    assert found.ratio_interval == (0, np.inf)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert "beyond these lengths" in found.why
    few = compare(*answers(13.0, 14.0, trials=2))
    assert few.verdict is Verdict.INCONCLUSIVE


def test_identical_perfect_models_are_no_difference_and_blind_ones_are_not() -> None:
    right = {(int(n), i): True for n in LENGTHS for i in range(10)}
    assert compare(right, right).verdict is Verdict.NO_DIFFERENCE
    assert compare(right, right).same_outcome == 100
    blind = compare(dict.fromkeys(right, False), dict.fromkeys(right, False))
    assert blind.verdict is Verdict.INCONCLUSIVE
    assert "no acuity: none of 100 answers was correct" in present(blind.reason)
    assert compare(dict.fromkeys(right, False), right).verdict is Verdict.BETTER


def test_a_curve_without_acuity_has_no_ratio_and_says_why() -> None:
    a, b = answers(5.0, 5.0)
    flat = {key: key[1] % 2 == 0 for key in a}
    found = compare(a, flat)
    assert found.ratio is None
    assert found.ratio_interval == found.equivalence_interval == (0, np.inf)
    assert present(found.reason).startswith("model B has no acuity: accuracy is not shown to fall")
    unread = compare(a, b, unreadable=(300, 0))
    assert "could not be read" in present(unread.reason)


def test_one_model_beyond_the_chart_is_better_by_a_bound() -> None:
    found = compare(*answers(5.0, 14.0))
    assert found.verdict is Verdict.BETTER
    assert found.ratio is None
    assert 8 < found.ratio_interval.low < 20
    assert found.ratio_interval.high == np.inf


def test_identical_answers_narrow_the_ratio_but_never_to_nothing() -> None:
    a, _ = answers(5.3, 5.3)
    same = compare(a, a).ratio_interval
    apart = compare(*answers(5.3, 5.3, agreement=0.0)).ratio_interval
    assert np.log2(same.high / same.low) < 0.6 * np.log2(apart.high / apart.low)
    assert same.low < 0.99
    assert same.high > 1.01


def test_unpaired_answers_have_the_posterior_of_each_curve() -> None:
    """Nothing in common: about the draws of the two grids (their shapes are drawn together)."""
    a, b = answers(4.6, 5.9, agreement=0.0)
    nothing = paired({}, {})
    tally_a, tally_b = (
        Tally.of([n for n, _ in run], [int(v) for v in run.values()], [1] * len(run))
        for run in (a, b)
    )
    draws = joint_thresholds(nothing, tally_a, tally_b, FAMILY)
    for mine, tally in zip(draws, (tally_a, tally_b), strict=True):
        belief = posterior(tally, FAMILY, prior=NONE).distribution(0.5)
        spread = belief.quantile(0.84) - belief.quantile(0.16)
        for p in (0.025, 0.5, 0.975):
            assert np.quantile(mine, p) == pytest.approx(belief.quantile(p), abs=0.3 * spread)
    assert abs(np.corrcoef(*draws)[0, 1]) < 0.15


def test_mid_p_is_that_of_enumeration() -> None:
    for only_a, only_b in itertools.product((0, 1, 3, 10, 40), repeat=2):
        n, less = only_a + only_b, min(only_a, only_b)
        law = binom.pmf(np.arange(n + 1), n, 0.5)
        expected = 1.0 if only_a == only_b else 2 * (law[:less].sum() + law[less] / 2)
        assert mcnemar_midp(only_a, only_b) == pytest.approx(min(1.0, expected), abs=1e-12)


def test_lengths_as_a_random_factor() -> None:
    """Where lengths agree it is nearly McNemar's test; where they do not it asks for more."""
    cells = (
        np.array([[2] * 8, [0, 14, 0, 0, 2, 0, 0, 0]]),
        np.array([[5] * 8, [12, 0, 14, 2, 0, 8, 3, 1]]),
    )
    agreeing, torn = (clustered(a, b) for a, b in zip(*cells, strict=True))
    pooled = float(mcnemar_midp(16, 40))
    assert pooled < agreeing < 10 * pooled
    assert torn > 10 * pooled
    assert bias_probability(*cells) == pytest.approx([0.0, 1.0], abs=0.05)
    assert clustered([0, 0], [0, 0]) == 1.0
    assert clustered([3, 4], [4, 3]) == pytest.approx(1.0)
    assert clustered_many(*cells) == pytest.approx([agreeing, torn], rel=1e-9)


@pytest.mark.parametrize(
    ("only_a", "only_b"),
    [([0, 3, 5, 0, 2], [2, 1, 9, 4, 4]), ([1, 0], [0, 7]), ([9] * 30, [3] * 30)],
)
def test_the_law_under_bias_is_the_convolution_of_the_lengths(
    only_a: list[int], only_b: list[int]
) -> None:
    """Against the laws of the lengths, each by quadrature, convolved one by one."""
    u, weight = np.polynomial.hermite_e.hermegauss(21)
    weight = weight / weight.sum()
    p = 1 / (1 + np.exp(-BIAS * u))
    law = np.ones(1)
    for total in np.add(only_a, only_b):
        law = np.convolve(law, binom.pmf(np.arange(total + 1)[:, None], total, p) @ weight)
    less = min(sum(only_a), sum(only_b))
    biased = 2 * law[:less].sum() + law[less]
    cells = np.array([only_a]), np.array([only_b])
    share = float(bias_probability(*cells)[0])
    expected = share * biased + (1 - share) * float(mcnemar_midp(sum(only_a), sum(only_b)))
    assert clustered(only_a, only_b) == pytest.approx(min(1.0, expected), abs=1e-9)


def test_a_difference_that_lengths_disagree_on_is_not_one_of_the_curves() -> None:
    a, _ = answers(5.0, 5.0, agreement=1.0, trials=30)
    b = dict(a)
    for n, keep in ((16, 0), (32, 0)):
        b |= {(n, i): i >= keep for i in range(30)}
    b |= {(64, i): False for i in range(30)}
    found = compare(a, b)
    assert found.p_pooled <= 0.05 or found.verdict is Verdict.INCONCLUSIVE
    assert found.p_curve > found.p_pooled


def test_power_is_that_of_simulated_comparisons() -> None:
    """By the discordance that the alternative brings, simulated answer by answer."""
    between = Alternative(Psychometric(FAMILY, 5.0, 2.0, 0.02), 0.5)
    pairs = np.full(LENGTHS.size, 12)
    said = between.power(LENGTHS, pairs, 1.2, draws=2000)
    rng = np.random.default_rng(1)
    b = Psychometric(FAMILY, 6.2, 2.0, 0.02)
    shown = 0
    for _ in range(1000):
        luck = rng.random((2, LENGTHS.size, 12))
        shared = rng.random((LENGTHS.size, 12)) < 0.5
        right_a = luck[0] < between.base.accuracy(LENGTHS)[:, None]
        right_b = np.where(shared, luck[0], luck[1]) < b.accuracy(LENGTHS)[:, None]
        only_a, only_b = (right_a & ~right_b).sum(axis=1), (right_b & ~right_a).sum(axis=1)
        p = clustered(only_a, only_b)
        shown += p <= 0.05 and only_b.sum() > only_a.sum()
    assert 0.3 < said < 0.95
    assert said == pytest.approx(shown / 1000, abs=0.05)


def test_the_detectable_ratio_is_shown_with_its_power() -> None:
    between = Alternative(Psychometric(FAMILY, 5.0, 2.0, 0.02), 0.5)
    pairs = np.full(LENGTHS.size, 30)
    difference, ratio = detectable(between, LENGTHS, pairs)
    for octaves, power in ((np.log2(ratio), 0.8), (np.log2(ratio) * 0.8, 0.6)):
        fresh = [between.power(LENGTHS, pairs, s * octaves, draws=4000, seed=9) for s in (1, -1)]
        assert np.mean(fresh) == pytest.approx(power, abs=0.03 if power == 0.8 else 0.15)
    assert difference == pytest.approx(
        max(abs(between.difference(LENGTHS, pairs, s * np.log2(ratio))) for s in (1, -1)),
        rel=0.02,
    )
    assert detectable(between, LENGTHS[:2], pairs[:2]) == (np.inf, np.inf)


def test_agreement_is_that_of_the_discordant_pairs() -> None:
    a, b = answers(5.0, 5.0, trials=400, agreement=0.7)
    curve = Psychometric(FAMILY, 5.0, 2.0, 0.02)
    assert alternative(paired(a, b), curve, curve).agreement == pytest.approx(0.7, abs=0.1)


def test_growing_runs_may_be_looked_at() -> None:
    a, b = answers(4.0, 8.0)
    once, often, always = (compare(a, b, looks=looks) for looks in (1, 20, 0))
    assert once.verdict is often.verdict is always.verdict is Verdict.BETTER
    assert once.p_anytime == always.p_anytime > once.p_pooled
    close = answers(5.0, 5.0, seed=3)
    assert (
        compare(*close, looks=20).equivalence_interval.high
        > compare(*close).equivalence_interval.high
    )


def test_tasks_are_pooled_and_the_questions_kept_apart() -> None:
    better = compare(*answers(5.0, 5.5, trials=15))
    pooled = pool({f"task {i}": compare(*answers(5.0, 5.5, trials=15, seed=i)) for i in range(3)})
    assert pooled.pairs == 3 * better.pairs.total
    assert pooled.only_a + pooled.only_b + pooled.same_outcome == pooled.pairs
    assert pooled.verdict is Verdict.BETTER
    assert pooled.p_here < pooled.p_tasks
    alone = compare(*answers(5.0, 5.0, trials=60, agreement=0.95))
    assert pool({"one": alone}).verdict is alone.verdict
    with pytest.raises(ValueError, match="at least one"):
        pool({})


def test_runs_without_pairs_and_bad_options_are_refused() -> None:
    with pytest.raises(InputError, match="no trial in common"):
        compare({(1, 0): True}, {(1, 1): True})
    for options in ({"margin": 1.0}, {"alpha": 0.0}, {"looks": -1}):
        with pytest.raises(InputError):
            compare({(1, 0): True}, {(1, 0): True}, **options)


def test_many_lengths_are_compared_as_their_bins_are() -> None:
    """Nearly every answer with a length of its own: the same sight, the same verdict."""
    rng = np.random.default_rng(3)
    lengths = (rng.choice(300_000, 20_000, replace=False) + 1).tolist()
    near, far = (
        {(n, 0): bool(rng.random() < 1 / (1 + (n / l50) ** 2)) for n in lengths}
        for l50 in (20_000.0, 30_000.0)
    )
    found = compare(near, far)
    assert found.verdict is Verdict.BETTER
    low, high = found.ratio_interval
    assert low < 1.5 < high
    assert found.l50_a.interval[0] < 20_000 < found.l50_a.interval[1]
