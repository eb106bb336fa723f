"""Mean acuity and rank intervals against plain Monte Carlo."""

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.stats.acuity import acuity, measure
from snellen.stats.belief import Belief
from snellen.stats.intervals import Interval
from snellen.stats.posterior import REACH, posterior
from snellen.stats.psychometric import Family, Psychometric, fit
from snellen.stats.ranks import MeanBelief, _probability_above, geometric_mean, rank_intervals
from snellen.stats.tally import Tally

TESTED = Interval(1, 1024)
LENGTHS = 2 ** np.arange(0, 11)


def quoted(value, spread):
    return Belief.from_interval(value, Interval(value / spread, value * spread), TESTED)


def above():
    return Belief.from_interval(None, Interval(1024, np.inf), TESTED)


def draw(belief, size, rng):
    return np.array([belief.quantile(p) for p in rng.random(size)])


def observed(threshold, seed, trials=30):
    curve = Psychometric(Family(), threshold, 2.0, 0.01)
    correct = np.random.default_rng(seed).binomial(trials, curve.accuracy(LENGTHS))
    tally = Tally.of(LENGTHS, correct, [trials] * LENGTHS.size)
    found = posterior(tally, curve.family)
    return acuity(tally, found, fit(tally, curve.family, found.best, REACH), 0.5)


def test_mean_over_tasks_is_that_of_monte_carlo():
    beliefs = [quoted(30, 1.4), quoted(200, 1.2), quoted(9, 2.0)]
    rng = np.random.default_rng(0)
    sums = sum(draw(b, 20_000, rng) for b in beliefs) / 3
    for level in (0.5, 0.95):
        ends = np.exp2(np.quantile(sums, [(1 - level) / 2, (1 + level) / 2]))
        assert MeanBelief.over(beliefs).interval(level) == pytest.approx(tuple(ends), rel=0.01)


def test_geometric_mean_of_curves():
    acuities = [observed(4.0, 0), observed(6.0, 1), observed(8.0, 2)]
    mean = geometric_mean(acuities)
    assert mean.value == pytest.approx(np.prod([a.value for a in acuities]) ** (1 / 3))
    assert mean.interval.low < 64 < mean.interval.high
    ratios = [a.interval.high / a.interval.low for a in acuities]
    assert mean.interval.high / mean.interval.low < max(ratios)
    assert str(mean).startswith(f"{mean.value:.3g} (")


def test_a_single_task_is_the_task_itself():
    task = observed(5.5, 3)
    assert geometric_mean([task]).interval == pytest.approx(task.interval, rel=0.01)


def test_a_censored_task_leaves_only_a_bound():
    mean = geometric_mean([observed(4.0, 0), observed(20.0, 1)])
    assert mean.value is None
    assert mean.censored == "above"
    assert mean.interval.high == np.inf
    assert mean.interval.low == pytest.approx((13.5 * 1024) ** 0.5, rel=0.1)
    assert str(mean) == f"> {mean.interval.low:.3g}"
    both = geometric_mean([observed(-6.0, 0), observed(20.0, 1)])
    assert both.censored is None
    assert both.interval == (0, np.inf)
    assert str(both) == "not determined"


def test_a_task_without_acuity_is_refused():
    with pytest.raises(InputError, match="only length 4"):
        geometric_mean([measure([4], [1], [2]).l50])
    with pytest.raises(InputError, match="no task"):
        geometric_mean([])


def test_probability_above_is_that_of_monte_carlo():
    beliefs = [
        quoted(30, 1.4),
        quoted(36, 1.3),
        Belief.from_interval(700, Interval(400, np.inf), TESTED),
    ]
    rng = np.random.default_rng(1)
    draws = [draw(b, 40_000, rng) for b in beliefs]
    ours = _probability_above([MeanBelief.over([b]) for b in beliefs])
    for i, j in ((0, 1), (1, 0), (2, 0), (0, 2)):
        assert ours[i, j] == pytest.approx(np.mean(draws[i] > draws[j]), abs=0.01)


def test_ranks_of_models_far_apart_are_sure():
    beliefs = [MeanBelief.over([quoted(v, 1.1)]) for v in (10, 500, 60)]
    assert rank_intervals(beliefs) == [(3, 3), (1, 1), (2, 2)]


def test_ranks_of_models_alike_are_open():
    beliefs = [MeanBelief.over([quoted(v, 1.5)]) for v in (50, 55, 60, 5)]
    assert rank_intervals(beliefs) == [(1, 3), (1, 3), (1, 3), (4, 4)]


def test_models_beyond_the_chart_share_their_ranks():
    beliefs = [MeanBelief.over([b]) for b in (above(), above(), quoted(500, 1.1))]
    assert rank_intervals(beliefs) == [(1, 2), (1, 2), (3, 3)]
    assert rank_intervals(beliefs[:1]) == [(1, 1)]
    assert rank_intervals([]) == []


def test_rank_intervals_hold():
    """Twelve models, several of them equal: every interval must hold the true rank of its model."""
    truth = np.array([4, 4, 4, 5, 5, 5.2, 6, 6, 6.5, 7, 7, 7.5])
    wrong = 0
    for seed in range(6):
        acuities = [observed(t, 100 * seed + i) for i, t in enumerate(truth)]
        found = rank_intervals([MeanBelief.over([a.belief]) for a in acuities])
        for t, (best, worst) in zip(truth, found, strict=True):
            wrong += not (best <= 1 + np.sum(truth > t) and worst >= np.sum(truth >= t))
    assert wrong / (6 * truth.size) <= 0.07
    assert np.mean([worst - best for best, worst in found]) < 5
