"""The paper's own prompts, word for word, slips included (Appendix C.1 and C.5).

What the paper leaves open was chosen once, here; docs/paper.md lists every choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .chance import Guess, binomial_guess, even_odds, no_guess
from .counting import BERNOULLI_P
from .draw import Draw
from .prompts.wording import PAPERS_THINK
from .task import Generator, Items, Task


@dataclass(frozen=True, slots=True)
class PaperPrompt:
    """A prompt of the paper.

    Attributes:
        template: the text in ``direct`` mode, with ``{seq}`` for the sequence.
        separator: what stands between items.
        shots: the worked examples of ``cot_fewshot``.
    """

    template: str
    separator: str = ""
    shots: str = ""

    def __call__(self, made: Items, mode: str) -> str:
        """The prompt for a sequence in a mode."""
        asked = self.template.format(seq=self.separator.join(made.items))
        if mode == "direct":
            return asked
        if mode == "cot":
            return f"{PAPERS_THINK} {asked}"
        return f"{PAPERS_THINK} Here are a few examples:\n{self.shots}{asked}"


COUNT_LENGTHS = tuple(range(5, 196, 10))
COPY_LENGTHS = tuple(range(100, 501, 50))
ABLATION_LENGTHS = tuple(range(100, 1501, 100))

_SUM = (
    "Please perform the following sum: {seq}. Please give the answer on the final line exactly "
    "as 'The final answer to your maths question is: xxxx', where 'xxxx' is your answer.."
)
_ONES = (
    "Please count the number of ones in the following sequence:{seq}. Please give the answer on "
    "the final line exactly as 'The final answer to your maths question is: xxxx', where 'xxxx "
    "is your answer."
)
_CAR = (
    "Please count the number of times 'car' appears in the following sentence: '{seq}'. Please "
    "give the answer on the final line exactly as 'The final answer to your maths question is: "
    "xxxx', where 'xxxx' is your answer."
)
_COPY = (
    "Consider the following sequence: {seq}. What is the %s digit in this sequence? "
    "Please answer exactly as 'The answer to your question is: <ANSWER>'"
)
_HINT = " *Hint* It's not necessarily a 1, check carefully"
_TYPE_1 = (
    "What is the last digit of the following sequence? Please answer exactly as "
    "'The answer to your question is: <ANSWER>' . Here is the sequence: {seq}"
)
_TYPE_2 = (
    "Please answer exactly as 'The answer to your question is: <ANSWER>'. "
    "What is the last digit of the following sequence? {seq}"
)
# Printed for sums only (Appendix C.1); the shots of tasks ii to iv follow them.
_SUM_SHOTS = """\
Please perform the following sum: 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
We divide the sum into groups of 5. (1 + 1 + 1 + 1 + 1) + (1 + 1 + 1 + 1 + 1) + 1 + 1
The answer is then 2 * 5 + 2 = 12
The final answer to your maths question is: 12
Please perform the following sum: 1 + 1 + 1 + 1 + 1 + 1
We divide the sum into groups of 5.
(1 + 1 + 1 + 1 + 1) + 1
The answer is then 1 * 5 + 1 = 6
The final answer to your maths question is: 6
"""
_ONES_SHOTS = """\
Please count the number of ones in the following sequence:111111111111
We divide the sequence into groups of 5. (11111) (11111) 11
The answer is then 2 * 5 + 2 = 12
The final answer to your maths question is: 12
Please count the number of ones in the following sequence:111111
We divide the sequence into groups of 5.
(11111) 1
The answer is then 1 * 5 + 1 = 6
The final answer to your maths question is: 6
"""
_BITS_SHOTS = """\
Please count the number of ones in the following sequence:101111011011
We divide the sequence into groups of 5. (10111) (10110) 11
The answer is then 4 + 3 + 2 = 9
The final answer to your maths question is: 9
Please count the number of ones in the following sequence:110111
We divide the sequence into groups of 5.
(11011) 1
The answer is then 4 + 1 = 5
The final answer to your maths question is: 5
"""
_CAR_SHOTS = """\
Please count the number of times 'car' appears in the following sentence: \
'car car car car car car car car car car car car'
We divide the sentence into groups of 5. (car car car car car) (car car car car car) car car
The answer is then 2 * 5 + 2 = 12
The final answer to your maths question is: 12
Please count the number of times 'car' appears in the following sentence: \
'car car car car car car'
We divide the sentence into groups of 5.
(car car car car car) car
The answer is then 1 * 5 + 1 = 6
The final answer to your maths question is: 6
"""


def ones(_: Draw, n: int) -> Items:
    """N ones (tasks i and ii)."""
    return Items(("1",) * n, truth=str(n), asked="1")


def cars(_: Draw, n: int) -> Items:
    """The word 'car', n times (task iv)."""
    return Items(("car",) * n, truth=str(n), asked="car")


def zeros_and_ones(draw: Draw, n: int) -> Items:
    """I.i.d. digits with P(1) = 0.7 (task iii)."""
    items = tuple("1" if draw.uniform() < BERNOULLI_P else "0" for _ in range(n))
    return Items(items, truth=str(items.count("1")), asked="1")


def ones_then_zero(_: Draw, n: int) -> Items:
    """``1…10``: n digits, the last a zero (Fig. 2a)."""
    return Items(("1",) * (n - 1) + ("0",), truth="0")


def zero_then_ones(_: Draw, n: int) -> Items:
    """``01…1``: n digits, the first a zero (Fig. 2a)."""
    return Items(("0",) + ("1",) * (n - 1), truth="0")


def interleaved_01(_: Draw, n: int) -> Items:
    """The legend of Fig. 2c as Python: ``[0, 1] * n + [0]``, 2n + 1 digits."""
    return Items(("0", "1") * n + ("0",), truth="0")


def interleaved_10(_: Draw, n: int) -> Items:
    """The legend of Fig. 2c as Python: ``[1, 0] * n + [0]``, 2n + 1 digits."""
    return Items(("1", "0") * n + ("0",), truth="0")


SUM_ONES = PaperPrompt(_SUM, " + ", _SUM_SHOTS)
COUNT_ONES = PaperPrompt(_ONES, "", _ONES_SHOTS)
COUNT_BERNOULLI = PaperPrompt(_ONES, "", _BITS_SHOTS)
COUNT_CAR = PaperPrompt(_CAR, " ", _CAR_SHOTS)
COPY_LAST = PaperPrompt(_COPY % "last")
COPY_FIRST = PaperPrompt(_COPY % "first")
COPY_LAST_HINT = PaperPrompt(_COPY % "last" + _HINT)
COPY_TYPE_1 = PaperPrompt(_TYPE_1)
COPY_TYPE_2 = PaperPrompt(_TYPE_2)


def _count(name: str, figures: str, generate: Generator, prompt: PaperPrompt, guess: Guess) -> Task:
    return Task(
        name,
        f"Figs. 3, 6 ({figures})",
        generate,
        prompt,
        family="paper",
        separator=prompt.separator,
        guess=guess,
        modes=("direct", "cot", "cot_fewshot"),
        lengths=COUNT_LENGTHS,
        trials=1,
    )


def _copy(
    name: str,
    figure: str,
    generate: Generator,
    prompt: PaperPrompt,
    *,
    end: Literal["first", "last"] = "last",
    lengths: tuple[int, ...] = COPY_LENGTHS,
) -> Task:
    return Task(
        name,
        figure,
        generate,
        prompt,
        answer="symbol",
        family="paper",
        separator=prompt.separator,
        guess=even_odds,
        end=end,
        modes=("direct",),
        lengths=lengths,
        trials=1,
    )


_share = binomial_guess(BERNOULLI_P)
TASKS = (
    _count("paper_sum_ones", "i", ones, SUM_ONES, no_guess),
    _count("paper_count_ones", "ii", ones, COUNT_ONES, no_guess),
    _count("paper_count_ones_bernoulli", "iii", zeros_and_ones, COUNT_BERNOULLI, _share),
    _count("paper_count_word", "iv", cars, COUNT_CAR, no_guess),
    _copy("paper_copy_last", "Fig. 2a, last", ones_then_zero, COPY_LAST),
    _copy("paper_copy_first", "Fig. 2a, first", zero_then_ones, COPY_FIRST, end="first"),
    _copy("paper_copy_last_hint", "Fig. 2b", ones_then_zero, COPY_LAST_HINT),
    _copy(
        "paper_copy_last_interleaved_01", "Fig. 2c, [0,1]*n + [0]", interleaved_01, COPY_LAST
    ),
    _copy(
        "paper_copy_last_interleaved_10", "Fig. 2c, [1,0]*n + [0]", interleaved_10, COPY_LAST
    ),
    _copy(
        "paper_copy_last_type1", "Fig. 11, type 1", ones_then_zero, COPY_TYPE_1,
        lengths=ABLATION_LENGTHS,
    ),
    _copy(
        "paper_copy_last_type2", "Fig. 11, type 2", ones_then_zero, COPY_TYPE_2,
        lengths=ABLATION_LENGTHS,
    ),
)  # fmt: skip
