"""From text to outcome: find the answer that the model gave, then judge it.

Never by substring. An answer is read at the place that the prompt asked for (the final line);
only when there is none, the defined fallback reads the rest of the text (docs/scoring.md).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

from .reading.numbers import LIST, NUMBER, spell_out_digits, to_integer

Outcome = Literal["correct", "wrong", "unparseable", "truncated", "refused", "failed"]
AnswerKind = Literal["integer", "digit", "digits"]
"""A number to be near to, one symbol, or a sequence of them."""

_THINKING = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_THINKING_END = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.DOTALL | re.I)
# "The final answer to your maths question is: 12", "Answer: 12", "the answer is **12**"; it ends
# where the next one begins. The line below is only looked at, as it may be the next.
_FINAL_LINE = re.compile(
    r"\banswer\b(?:[ \w*'’]{0,60}?\bis\b[ *_:=]*|[ *_]*[:=][ *_]*)"
    r"(?P<rest>(?:(?!\banswer\b)[^\n])*)(?=(?P<below>\n+[^\n]+)?)",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{\s*([^{}]*)\}")
_DECORATION = re.compile(r"\\text\{|\\boxed\{|[*`$\\{}<>\"'“”‘’]|\\[()\[\]]")
# After these a number may still grow: "1," to "1,024", "12." to "12.5", "12 *" to "12 * 3 = 36".
_MAY_GO_ON = re.compile(r"[\s.,;|_/+*×^−\-'\"\[\]]*")
_DIGIT_RUN = re.compile(r"(?<!\w)\d(?:[\s,;|+\-*'\"\[\]]*\d)*(?!\w)")


class AnswerText(str):
    """An answer that carries why it ended, through lm-eval, which only knows strings."""

    __slots__ = ("finish_reason",)
    finish_reason: str | None

    def __new__(cls, text: str, finish_reason: str | None = None) -> AnswerText:
        """Wrap a text; ``finish_reason`` may also be ``failed``."""
        made = super().__new__(cls, text)
        made.finish_reason = finish_reason
        return made


class Reading(NamedTuple):
    """An answer found in a text.

    Attributes:
        value: the answer in normal form: an integer, or digits joined by single spaces.
        complete: it stood where the prompt asked for it, and what follows it shows that it had
            ended, so that a cut-off cannot have changed it.
    """

    value: str
    complete: bool


class Judgement(NamedTuple):
    """What became of a trial.

    Attributes:
        outcome: see the words in docs/scoring.md.
        answer: the answer in normal form, empty if there is none.
        abs_error: |answer - truth| for numbers, edit distance in items for copies; ``None``
            without an answer.
    """

    outcome: Outcome
    answer: str
    abs_error: int | None


def strip_thinking(text: str) -> str:
    """Remove reasoning blocks; an unclosed one takes the rest of the text with it.

    >>> strip_thinking("<think>7? 8?</think>The answer is 9")
    'The answer is 9'
    """
    return _THINKING_END.sub("", _THINKING.sub("", text)).strip()


def read_integer(text: str, *, number_alone: bool = False) -> Reading | None:
    r"""Find the integer that a text answers with.

    Order: the last final line ("… answer … is: 42") that holds a number; with
    ``number_alone``, a first line that is nothing but a number; the last ``\boxed{}``; the last
    number of the text that is not part of a list (an echo of the sequence).
    Number words count where the place looked at has no digits.
    """
    for match in reversed(list(_FINAL_LINE.finditer(text))):
        line, below = match["rest"], match["below"] or ""
        here = line if line.strip(" *_") else below
        if found := _first_integer(here.rpartition("=")[2]):
            end = match.end("rest" if here is line else "below")
            return Reading(found.value, found.complete or bool(text[end:].strip()))
    if number_alone:
        first, _, rest = text.partition("\n")
        if alone := _only_integer(first):
            return Reading(alone, complete=bool(rest.strip()))
    for boxed in reversed(_BOXED.findall(text)):
        if framed := _only_integer(boxed):
            return Reading(framed, complete=False)
    last = _last_integer(text)
    return Reading(last, complete=False) if last else None


def _first_integer(line: str) -> Reading | None:
    plain = _in_digits(line)
    match = NUMBER.search(plain)
    if match is None or LIST.search(plain):
        return None
    value = to_integer(match[0])
    # A number word may go on in many ways: only the end of its line shows that it had ended.
    in_digits = NUMBER.search(_DECORATION.sub(" ", line))
    ended = in_digits and not _MAY_GO_ON.fullmatch(plain, match.end())
    return None if value is None else Reading(str(value), bool(ended))


def _only_integer(line: str) -> str | None:
    plain = _in_digits(line).strip().rstrip(".!")
    value = to_integer(plain) if NUMBER.fullmatch(plain) else None
    return None if value is None else str(value)


def _last_integer(text: str) -> str | None:
    numbers = NUMBER.findall(LIST.sub(" … ", _in_digits(text)))
    value = to_integer(numbers[-1]) if numbers else None
    return None if value is None else str(value)


def _in_digits(text: str) -> str:
    plain = _DECORATION.sub(" ", text)
    return plain if NUMBER.search(plain) else spell_out_digits(plain)


def read_digits(text: str) -> Reading | None:
    """Find the sequence of digits that a text answers with.

    Order: the longest run of digits after the last final line that has one; the longest run in
    the text. Separators (white space, commas, brackets, …) do not matter; the last of equally
    long runs counts.
    """
    runs = list(_DIGIT_RUN.finditer(text))
    if not runs:
        return None
    starts = [match.start("rest") for match in _FINAL_LINE.finditer(text)]
    answered = [start for start in starts if start <= runs[-1].start()]
    if answered:
        runs = [run for run in runs if run.start() >= answered[-1]]
    digits = [re.findall(r"\d", run[0]) for run in runs]
    at = max(reversed(range(len(runs))), key=lambda i: len(digits[i]))
    ended = not _MAY_GO_ON.fullmatch(text, runs[at].end())
    value = " ".join(str(int(digit)) for digit in digits[at])
    return Reading(value, complete=bool(answered) and ended)


def judge(
    text: str,
    truth: str,
    kind: AnswerKind,
    *,
    finish_reason: str | None = None,
    number_alone: bool = False,
) -> Judgement:
    """Judge one answer.

    A text cut at the token limit counts as ``truncated`` unless the answer was complete before
    the cut: what a model would have said next is unknown, and is not called wrong.

    Args:
        text: what the model said.
        truth: the expected answer in normal form.
        kind: what to look for.
        finish_reason: ``length`` for a cut, ``content_filter`` for a refusal, ``failed`` for a
            request without an answer; ``None`` or ``stop`` otherwise.
        number_alone: the prompt asked for the bare number, so a first line that is nothing but
            a number is the answer.
    """
    if finish_reason == "failed":
        return Judgement("failed", "", None)
    if finish_reason == "content_filter":
        return Judgement("refused", "", None)
    visible = strip_thinking(text)
    reading = (
        read_digits(visible)
        if kind == "digits"
        else read_integer(visible, number_alone=number_alone)
    )
    if finish_reason == "length" and not (reading and reading.complete):
        return Judgement("truncated", "", None)
    if reading is None:
        return Judgement("unparseable", "", None)
    outcome: Outcome = "correct" if reading.value == truth else "wrong"
    return Judgement(outcome, reading.value, _error(reading.value, truth, kind))


def _error(answer: str, truth: str, kind: AnswerKind) -> int:
    if kind == "integer":
        return abs(int(answer) - int(truth))
    # Between digits that stand for themselves there is no distance, only right and wrong.
    return int(Levenshtein.distance(answer.split(), truth.split()))
