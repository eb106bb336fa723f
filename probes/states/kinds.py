"""Kinds of pairs: the paper's, and the controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...errors import InputError

Pieces = list[str]


@dataclass(frozen=True)
class Kind:
    """A family of pairs.

    Attributes:
        name: As the command line writes it.
        question: What stands before the sequence; empty for the bare sequence without BOS.
        pieces: ``pieces(n, extra, digits)``: the sequence of n items with its last item
            repeated ``extra`` more times; ``digits`` are random digits to draw from.
        random: Whether repetitions differ.
        summary: One line on what it shows.
    """

    name: str
    question: str
    pieces: Callable[[int, int, Sequence[str]], Pieces]
    summary: str
    random: bool = False


def _ones(n: int, extra: int, _: Sequence[str]) -> Pieces:
    return ["1"] * (n + extra)


def _sampled(n: int, extra: int, digits: Sequence[str]) -> Pieces:
    return [*digits[: n - 1], *["1"] * (1 + extra)]


def _near_repeats(n: int, extra: int, digits: Sequence[str]) -> Pieces:
    # One item in ten is a 2, never the last: nearly the same prompt, without a pure run.
    body = ["2" if digit == "0" else "1" for digit in digits[: n - 1]]
    return [*body, *["1"] * (1 + extra)]


def _changed(n: int, extra: int, _: Sequence[str]) -> Pieces:
    return ["1"] * n + ["0"] * extra


MIXED_STEPS = 8
"""Zeros at the front of a mixed sequence that a longer prompt may turn into ones."""


def _mixed(n: int, extra: int, digits: Sequence[str]) -> Pieces:
    # n ones, the last at the end, among about as many zeros. The longer prompt has as many
    # symbols, zeros of the front turned into ones: what differs is the count and nothing else.
    if extra > MIXED_STEPS:
        raise InputError(f"count_mixed has no pair {extra} apart: --step is at most {MIXED_STEPS}")
    out = ["1"] * extra + ["0"] * (MIXED_STEPS - extra)
    ones = place = 0
    while ones < n - 1:
        # The draw goes round with its parity turned, so that it holds ones whatever it is.
        odd = (int(digits[place % len(digits)]) + place // len(digits)) % 2 == 1
        out.append("1" if odd else "0")
        ones += odd
        place += 1
    return [*out, "1"]


def _identical(n: int, _extra: int, _: Sequence[str]) -> Pieces:
    return ["1"] * n


def _marked(every: int, align: Literal["left", "right"]) -> Callable[..., Pieces]:
    def pieces(n: int, extra: int, _: Sequence[str]) -> Pieces:
        total = n + extra
        offset = total % every if align == "right" else 0
        out: Pieces = []
        for i in range(total):
            if i and (i - offset) % every == 0:
                out.append(",")
            out.append("1")
        return out

    return pieces


_COUNT = "How many ones are in the following sequences?"
_COPY = "Can you copy the following number?"
_TYPE_1 = (
    "What is the last digit of the following sequence? Please answer exactly as "
    "'The answer to your question is: <ANSWER>' . Here is the sequence:"
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("count_ones", _COUNT, _ones, "Fig. 5a: a sequence of ones to be counted"),
        Kind("count_sampled", _COUNT, _sampled, "Fig. 5b: random digits, one or two ones", True),
        Kind("copy_ones", _COPY, _ones, "Fig. 5c: a sequence of ones to be copied"),
        Kind("copy_commas", _COPY, _marked(3, "left"), "Fig. 5d: a comma after every third digit"),
        Kind("last_digit", _TYPE_1, _ones, "Fig. 12: the Type 1 prompt on ones"),
        Kind("commas_right", _COPY, _marked(3, "right"), "control: groups of three from the right"),
        Kind("commas_every", _COPY, _marked(1, "left"), "control: a comma after every digit"),
        Kind("commas_ten", _COPY, _marked(10, "left"), "control: a comma after every tenth digit"),
        Kind("near_repeats", _COUNT, _near_repeats, "control: one item in ten is a 2", True),
        Kind("changed_last", _COUNT, _changed, "control: another last token; does not collapse"),
        Kind("count_mixed", _COUNT, _mixed, "control: as many symbols, one zero made a one", True),
        Kind("identical", _COUNT, _identical, "control: n against n; the distance is zero"),
        Kind("constant", "", _ones, "control: bare ones, no BOS; zero up to rounding with rotary"),
    )
}
PAPER_KINDS = ("count_ones", "count_sampled", "copy_ones", "copy_commas")


def find_kind(name: str) -> Kind:
    """A kind of pair by name.

    Raises:
        InputError: There is none of that name.
    """
    if name not in KINDS:
        raise InputError(f"unknown pair {name!r} in --pairs: choose from {', '.join(KINDS)}")
    return KINDS[name]
