"""Chance: how often the best blind guess is right, in closed form.

Blind is whoever knows the task, how its sequences are drawn, their length and all that the prompt
says beside the sequence, and sees the sequence as a blur: what it mostly consists of, but no
single item, no order and no exact number. A sequence of one item has no blur: there, blind is
blind. Where the answer is the length itself, whoever knew the length would not be blind, and the
chance is 0.

What no prompt says is not known: that the asked digit is never the count, and that worked
examples never hold the truth. Tests simulate the guessers on the prompts themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

Guess = Callable[[int], float]
"""How often the best blind guess is right, given the length in items."""

CHOICES = 4
"""Alternatives of an answer that is chosen and not written."""

_EXACT_UP_TO = 400


def no_guess(length: int) -> float:
    """The chance of a task that cannot be guessed."""
    return 0.0


def even_odds(length: int) -> float:
    """The answer is one of two symbols."""
    return 0.5


def odd_digit_guess(length: int) -> float:
    """One digit among many equal others: any digit but theirs. Of two, either is the odd one."""
    return {1: 1 / 10, 2: 1 / 2}.get(length, 1 / 9)


def odd_symbol_guess(length: int, kinds: int, alphabet: int) -> float:
    """One symbol after others of several kinds: any of the alphabet but those kinds.

    An upper bound where the sequence is too short to hold all kinds.

    Args:
        length: number of items.
        kinds: of the other symbols.
        alphabet: how many symbols there are.
    """
    if length == 1:
        return 1 / alphabet
    return 1 / 2 if length == 2 else 1 / (alphabet - kinds)


def alternation_guess(length: int) -> float:
    """Two digits in alternation: one of the two."""
    return 1 / 2 if length > 1 else 1 / 10


def one_of_n_guess(length: int) -> float:
    """The value of a record: any of those seen; of a single record, any of five digits."""
    return 1 / length if length > 1 else 1 / 90_000


def whole_sequence_guess(length: int) -> float:
    """n digits in order: any n digits."""
    return 10.0**-length


def binomial_guess(p: float) -> Guess:
    """How many of n items are of a kind that has the share p: the mode of the binomial.

    Asked of the other kind, the guess is n less it, and right as often.
    """

    def guess(length: int) -> float:
        mode = min(length, int((length + 1) * p))
        ways = math.lgamma(length + 1) - math.lgamma(mode + 1) - math.lgamma(length - mode + 1)
        return math.exp(ways + mode * math.log(p) + (length - mode) * math.log1p(-p))

    return guess


def digit_sum_guess(length: int) -> float:
    """The sum of n digits, uniform in 0 to 9: the likeliest sum."""
    if length <= _EXACT_UP_TO:
        return float(_digit_sum(length).max())
    # The normal density at its mean, with the term of the kurtosis (Edgeworth): 4e-5 off at 401.
    kurtosis = -1.2 * (10**2 + 1) / (10**2 - 1)
    return (1 + kurtosis / (8 * length)) / math.sqrt(2 * math.pi * 8.25 * length)


@cache
def _digit_sum(n: int) -> npt.NDArray[np.float64]:
    """The probability of every sum, shape ``(9 n + 1,)``."""
    half = n // 2
    if n < 2:
        return np.full(10, 0.1) if n else np.ones(1)
    return np.convolve(_digit_sum(half), _digit_sum(n - half))
