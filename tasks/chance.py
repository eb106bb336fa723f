"""Chance: how often the best blind guess is right, in closed form.

Blind is whoever knows the task, the length and the words of the prompt, and sees the sequence as
a blur: what it mostly consists of, but no single item, no order and no exact number. (A sequence
of one item has no blur: there, blind is blind.) Where the answer is the length itself, a guesser
who knew the length would not be blind, and the chance is 0.

Worked examples never hold the truth, so they tell a guesser what not to say; that is counted in.
Tests simulate the guessers on the prompts themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

Lengths = tuple[int, ...]
"""The lengths that a worked example may have, each as likely as the next."""

Guess = Callable[[int, tuple[Lengths, ...]], float]
"""How often the best blind guess is right, given the length and the worked examples."""

_DECOYS = 8
"""The digits that the examples of a copy answer with: neither its own answer nor its decoy."""
_MOST_EXCLUDED = 10
_EXACT_UP_TO = 400


def no_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """The chance of a task that cannot be guessed."""
    return 0.0


def even_odds(length: int, examples: tuple[Lengths, ...]) -> float:
    """The chance where the answer is one of two symbols, and both are seen."""
    return 0.5


def odd_digit_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """One digit among many equal others: the guesser sees the others, and says none of them.

    Of two items either may be the odd one. Otherwise the guess goes to any digit that is neither
    the majority nor the answer to an example.
    """
    if length == 2:
        return 0.5
    candidates = 10 - (length > 1)
    return sum(p / (candidates - k) for k, p in enumerate(_distinct(len(examples), _DECOYS)))


def alternation_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """Two digits in alternation: one of the two."""
    return 0.5 if length > 1 else odd_digit_guess(length, examples)


def one_of_n_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """The value of a record: any of those seen; of a single record, any of five digits."""
    return 1 / length if length > 1 else 1 / 90_000


@cache
def whole_sequence_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """n digits in order: any n digits that are not the answer to an example."""
    one = 10.0**-length
    count = min(10**length, len(examples) + 1)
    seen = [_mean([one * (n == length) for n in lengths]) for lengths in examples]
    return best_guess(np.full(count, one), [np.full(count, q) for q in seen])


def binomial_share_guess(p: float) -> Guess:
    """How many of n items are of a kind that has the share p: the mode of the binomial."""

    def guess(length: int, examples: tuple[Lengths, ...]) -> float:
        return float(max(_binomial(length, p, _around(length, p))))

    return guess


def binomial_guess(p: float) -> Guess:
    """The same, asked of either kind at even odds, with worked examples of this kind."""

    @cache
    def guess(length: int, examples: tuple[Lengths, ...]) -> float:
        halves = []
        for share in (p, 1 - p):
            counts = _around(length, share)
            said = [
                _mean([_binomial(n, either, counts) for n in ns for either in (p, 1 - p)])
                for ns in examples
            ]
            halves.append(best_guess(_binomial(length, share, counts), said))
        return sum(halves) / 2

    return guess


@cache
def digit_sum_guess(length: int, examples: tuple[Lengths, ...]) -> float:
    """The sum of n digits: the likeliest sum."""
    if length > _EXACT_UP_TO:  # the normal density at its mean, with the term of its kurtosis
        kurtosis = -1.2 * (10**2 + 1) / (10**2 - 1)
        return (1 + kurtosis / (8 * length)) / math.sqrt(2 * math.pi * 8.25 * length)
    truths = _digit_sum(length)
    said = [_mean([_at(_digit_sum(n), len(truths)) for n in lengths]) for lengths in examples]
    return best_guess(truths, said)


def best_guess(
    truths: npt.NDArray[np.float64], examples: Sequence[npt.NDArray[np.float64]]
) -> float:
    """How often the likeliest answer is right that no worked example has excluded.

    Examples are drawn until their answer is not the truth, so given the examples E a truth t is
    as likely as p(t) / prod(1 - q_i(t)) if it is not in E. The guess is the first such t that is
    not in E; the chance that just those before it are in E is had by inclusion and exclusion.

    Args:
        truths: p, the probability of every answer, shape (answers,).
        examples: q_i, for every example the probability of every answer, each (answers,).
    """
    weight = truths / np.prod([1 - q for q in examples], axis=0) if examples else truths
    order = np.argsort(-weight, kind="stable")[: min(len(examples), _MOST_EXCLUDED) + 1]
    said = np.array([q[order] for q in examples]).reshape(len(examples), len(order))
    total = 0.0
    for k, candidate in enumerate(order):
        total += weight[candidate] * sum(
            (-1) ** len(group) * float(np.prod(1 - said[:, k] - said[:, list(group)].sum(axis=1)))
            for size in range(k + 1)
            for group in combinations(range(k), size)
        )
    return float(total)


@cache
def _distinct(draws: int, kinds: int) -> tuple[float, ...]:
    """How likely it is that so many draws show 0, 1, 2, … of the kinds."""
    chances = [1.0] + [0.0] * kinds
    for _ in range(draws):
        chances = [
            chances[k] * k / kinds + (chances[k - 1] * (kinds - k + 1) / kinds if k else 0.0)
            for k in range(kinds + 1)
        ]
    return tuple(chances)


def _around(n: int, p: float) -> npt.NDArray[np.int64]:
    mode = int((n + 1) * p)
    return np.arange(max(0, mode - 40), min(n, mode + 40) + 1)


def _binomial(n: int, p: float, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    def log_mass(k: int) -> float:
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        return ways + k * math.log(p) + (n - k) * math.log1p(-p)

    return np.array([math.exp(log_mass(k)) if k <= n else 0.0 for k in counts.tolist()])


@cache
def _digit_sum(n: int) -> npt.NDArray[np.float64]:
    return np.convolve(_digit_sum(n - 1), np.full(10, 0.1)) if n else np.ones(1)


def _at(masses: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    found = np.zeros(size)
    found[: min(size, len(masses))] = masses[:size]
    return found


def _mean(parts: Sequence[npt.NDArray[np.float64]] | Sequence[float]) -> npt.NDArray[np.float64]:
    return np.mean(np.asarray(parts), axis=0)
