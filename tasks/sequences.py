"""What stands in the prompt: the items of a sequence, and the truth about them.

Every generator is a pure, total function of its private :class:`Draw` and of a length from 1
up. The symbols and their roles are drawn, so that no fixed answer ("0", "100", the majority) is
a strategy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .draw import Draw

DIGITS = tuple("0123456789")
WORDS = ("car", "dog", "sun", "tree", "book", "fish", "door", "bird", "milk", "star")
BERNOULLI_P = 0.7
"""P(one) in the paper's task iii (section 3.2)."""


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence and what is true of it.

    Attributes:
        items: the elements, one per unit of length.
        truth: the expected answer.
        asked: the symbol that the question names, where it names one.
        decoy: the symbol that a model without sight would answer with (for the hint lens).
    """

    items: tuple[str, ...]
    truth: str
    asked: str = ""
    decoy: str = ""


Generator = Callable[[Draw, int], Items]


def _symbol_beside(draw: Draw, truth: str) -> str:
    # A symbol that equals the count would let an echo pass for an answer.
    return draw.pick([digit for digit in DIGITS if digit != truth])


def ones_to_add(draw: Draw, n: int) -> Items:
    """1 + 1 + … + 1, whose sum is n (paper, task i)."""
    return Items(("1",) * n, truth=str(n))


def digits_to_add(draw: Draw, n: int) -> Items:
    """n digits, uniform in 0 to 9, and their sum."""
    digits = [draw.below(10) for _ in range(n)]
    return Items(tuple(map(str, digits)), truth=str(sum(digits)))


def run_of_one_symbol(draw: Draw, n: int) -> Items:
    """One digit, n times (paper, task ii)."""
    symbol = _symbol_beside(draw, str(n))
    return Items((symbol,) * n, truth=str(n), asked=symbol)


def bernoulli(draw: Draw, n: int, p: float = BERNOULLI_P) -> Items:
    """Two symbols, i.i.d., one of them with probability p (paper, task iii).

    The question asks for either of the two, at even odds, so that neither "n" nor "about p n"
    is an answer to give blindly.
    """
    frequent = [draw.uniform() < p for _ in range(n)]
    asks_frequent = draw.uniform() < 0.5
    truth = str(sum(frequent) if asks_frequent else n - sum(frequent))
    asked, other = draw.two([digit for digit in DIGITS if digit != truth])
    items = tuple(asked if is_one == asks_frequent else other for is_one in frequent)
    return Items(items, truth=truth, asked=asked, decoy=other)


def repeated_word(draw: Draw, n: int) -> Items:
    """One word, n times (paper, task iv, with 'car')."""
    word = draw.pick(WORDS)
    return Items((word,) * n, truth=str(n), asked=word)


def odd_one_last(draw: Draw, n: int) -> Items:
    """A run of one digit that ends in another; the last is asked for (paper, section 3.1)."""
    majority, odd = draw.two(DIGITS)
    return Items((majority,) * (n - 1) + (odd,), truth=odd, decoy=majority)


def odd_one_first(draw: Draw, n: int) -> Items:
    """A run of one digit that starts with another; the first is asked for."""
    last = odd_one_last(draw, n)
    return Items(last.items[::-1], last.truth, last.asked, last.decoy)


def alternating_last(draw: Draw, n: int) -> Items:
    """Two digits in alternation, of true length n; the last is asked for.

    At odd n strict alternation makes the last digit the more frequent one, so in half of the
    trials the first digit gives way to the other: the majority is then no clue.
    """
    truth, other = draw.two(DIGITS)
    backwards = [truth if i % 2 == 0 else other for i in range(n)]
    if n > 1 and n % 2 == 1 and draw.uniform() < 0.5:
        backwards[-1] = other
    return Items(tuple(reversed(backwards)), truth=truth, decoy=other)


def alternating_first(draw: Draw, n: int) -> Items:
    """Two digits in alternation, of true length n; the first is asked for."""
    last = alternating_last(draw, n)
    return Items(last.items[::-1], last.truth, last.asked, last.decoy)


def random_digits(draw: Draw, n: int) -> Items:
    """n digits, uniform in 0 to 9, to be copied exactly."""
    items = tuple(draw.pick(DIGITS) for _ in range(n))
    return Items(items, truth=" ".join(items))
