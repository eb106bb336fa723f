"""Means over tasks, and over samples of one prompt: intervals that say what they are about.

Two questions have two answers. How good is the model on *these* tasks (or prompts)? Then only the
luck of its answers is uncertain. How good is it on tasks *like these*? Then which of them were
asked is luck as well, and the interval is wider.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from .intervals import Interval

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TwoPopulations:
    """An estimate with one interval for each population that it may be about.

    Attributes:
        value: The estimate for members like these.
        value_these: The estimate for exactly these members.
        these: Interval for exactly these members: other answers of the same model.
        like_these: Interval for members like these: other tasks, or other prompts.
        spread: Standard deviation between members, beyond the luck of their answers.
    """

    value: float
    value_these: float
    these: Interval
    like_these: Interval
    spread: float


def over_tasks(values: ArrayLike, errors: ArrayLike, level: float = 0.95) -> TwoPopulations:
    """Mean over the tasks of one model, in the unit of the values (log2 L50, octaves, accuracy).

    The tasks that were asked: their plain mean. Tasks like them: a random-effects mean with the
    variance between tasks of Paule and Mandel (1982), J. Res. NBS 87:377, and the interval of
    Hartung and Knapp (2001), Stat. Med. 20:3875, on Student's t; open for a single task.

    Args:
        values: One value per task, shape (tasks,).
        errors: Its standard error, same shape, above 0.
        level: Level of both intervals.

    Raises:
        ValueError: no task, sizes that differ, or an error that is not above 0.
    """
    y, s = (np.asarray(v, float).ravel() for v in (values, errors))
    if not y.size or y.size != s.size or not np.all(s > 0) or not np.all(np.isfinite(y)):
        raise ValueError("over_tasks: give a finite value and an error above 0 for every task")
    z = float(-ndtri((1 - level) / 2))
    mean = float(y.mean())
    reach = z * float(np.sqrt(np.sum(s**2))) / y.size
    these = Interval(mean - reach, mean + reach)
    if y.size == 1:
        return TwoPopulations(mean, mean, these, Interval(-np.inf, np.inf), float("nan"))

    def excess(variance: float) -> float:
        w = 1 / (s**2 + variance)
        middle = float(w @ y / w.sum())
        return float(w @ (y - middle) ** 2) - (y.size - 1)

    most = float(y.size * np.var(y, ddof=1)) + 1e-12
    variance = float(brentq(excess, 0.0, most)) if excess(0.0) > 0 else 0.0
    w = 1 / (s**2 + variance)
    value = float(w @ y / w.sum())
    scale = max(1.0, float(w @ (y - value) ** 2) / (y.size - 1))
    t = float(stdtrit(y.size - 1, (1 + level) / 2))
    reach = t * float(np.sqrt(scale / w.sum()))
    like = Interval(value - reach, value + reach)
    return TwoPopulations(value, mean, these, like, float(np.sqrt(variance)))


def over_samples(correct: ArrayLike, samples: ArrayLike, level: float = 0.95) -> TwoPopulations:
    """Accuracy from several sampled answers per prompt, as at a temperature above 0.

    These prompts: the luck of sampling alone, from the variance within prompts. Prompts like
    them: from the variance between the prompts' own means (Miller 2024, arXiv:2411.00640, section
    on clustered errors). Both are Wilson intervals at the number of independent answers that
    would have that variance, so that neither has zero width or leaves 0 to 1.

    Args:
        correct: Correct answers to each prompt, shape (prompts,).
        samples: Answers to each, same shape, or one number.
        level: Level of both intervals.

    Raises:
        ValueError: no prompt, or not ``0 <= correct <= samples`` and ``samples >= 1``.
    """
    k = np.asarray(correct, float).ravel()
    m = np.broadcast_to(np.asarray(samples, float), k.shape)
    if not k.size or not np.all((m >= 1) & (k >= 0) & (k <= m)):
        raise ValueError("over_samples: give 0 <= correct <= samples, and a sample per prompt")
    share = k / m
    value = float(share.mean())
    # Never none: a prompt answered right ten times of ten may be missed the next time.
    smooth = (k + 0.5) / (m + 1)
    within = smooth * (1 - smooth) / m
    of_these = float(within.sum()) / k.size**2
    between = float(np.var(share, ddof=1)) if k.size > 1 else value * (1 - value)
    z = float(-ndtri((1 - level) / 2))
    t = float(stdtrit(max(k.size - 1, 1), (1 + level) / 2))
    answers = float(m.sum())
    sure = _effective(value, of_these, answers, np.inf)
    these = _wilson(value, sure, z)
    # Prompts like these are never better known than these: where few samples differ by chance
    # alone, the means of the prompts may vary less than sampling does.
    like = _wilson(value, min(sure, _effective(value, between / k.size, k.size, answers)), t)
    extra = max(0.0, between - float(within.mean()))
    return TwoPopulations(value, value, these, like, float(np.sqrt(extra)))


def design_effect(correct: ArrayLike, samples: ArrayLike) -> float:
    """By how much repeated samples of a prompt are worth less than new prompts, at least 1.

    ``trials / design_effect`` is the number of trials to give to a fit whose population are the
    prompts (Rao and Scott 1992, Biometrics 48:577).
    """
    k = np.asarray(correct, float).ravel()
    m = np.broadcast_to(np.asarray(samples, float), k.shape)
    p = float(k.sum() / m.sum())
    if k.size < 2 or not 0 < p < 1:
        return 1.0
    residual = float(np.sum((k - m * p) ** 2)) * k.size / (k.size - 1)
    return max(1.0, residual / (float(m.sum()) * p * (1 - p)))


def _effective(p: float, variance: float, fallback: float, most: float) -> float:
    """Independent answers whose share would have that variance."""
    if variance <= 0 or not 0 < p < 1:
        return fallback
    return float(np.clip(p * (1 - p) / variance, 1.0, most))


def _wilson(p: float, n: float, z: float) -> Interval:
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * float(np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))
