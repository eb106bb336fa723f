"""What kind of worse: how B's lost trials ended, and what its token counts say of its prompts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...runners.dispatch.breaker import OF_THE_PROMPT
from .pairs import Pair, Side, lost

_NOT_WORDS = re.compile(r"[^\w\s.,;:!?'\"()\[\]{}/+=<>*$%&#@|\\`~^-]")
_FEW = 8
"""Pairs with both counts of tokens from which something is said of them."""
_CUT = 0.8
"""Share of the tokens that are due below which a prompt has been cut."""
_SLACK = 0.02
"""Tokens that a template or two counters may differ by, as a share."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a side is worse.

    Attributes:
        name: ``wrong``, ``truncated``, ``refused``, ``empty``, ``garbled``, ``failed``,
            ``context limit``, ``prompt cut``, ``other tokenisation``, ``other template``.
        count: lost trials that ended so; 0 for what token counts say.
        said: an example or an explanation, in a line.
    """

    name: str
    count: int
    said: str


def kinds(pairs: Sequence[Pair], side: Side = "b") -> list[Kind]:
    """How the trials ended that a side lost among these, the most frequent first."""
    found: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for pair in (pair.seen_by(side) for pair in pairs):
        if lost(pair):
            name = _ended(pair)
            found[name] += 1
            examples.setdefault(name, _line(pair.b.reason or pair.b.text))
    return [Kind(name, count, examples[name]) for name, count in found.most_common()]


def _ended(pair: Pair) -> str:
    said = pair.b
    if said.outcome == "failed":
        return "context limit" if OF_THE_PROMPT.search(said.reason) else "failed"
    if said.outcome in ("truncated", "refused"):
        return said.outcome
    if not said.text.strip():
        return "empty"
    if said.outcome == "unparseable" or _odd(said.text):
        return "garbled"
    return "wrong"


def _odd(text: str) -> bool:
    """Whether a text is made of other characters than answers are."""
    return "\ufffd" in text or len(_NOT_WORDS.findall(text)) > len(text) / 4


def token_kinds(pairs: Sequence[Pair], side: Side = "b") -> list[Kind]:
    """What a side's counts of tokens say beside the other's.

    Its prompts are cut, counted by another tokenizer, or set in another template.
    """
    who, other = ("B", "A") if side == "b" else ("A", "B")
    both = [
        (p.a.prompt_tokens, p.b.prompt_tokens)
        for p in (pair.seen_by(side) for pair in pairs)
        if p.a.prompt_tokens and p.b.prompt_tokens
    ]
    if len(both) < _FEW:
        return []
    a, b = np.array(sorted(both), float).T
    half = len(a) // 2
    if a[-1] < 1.5 * a[0]:
        return []
    each = (b[half - 1] - b[0]) / max(a[half - 1] - a[0], 1.0) if a[half - 1] > a[0] else 1.0
    base = float(np.median(b[:half] - each * a[:half]))
    short = b < (each * a + base) * (1 - 5 * _SLACK)
    if short[-max(2, len(a) // 8) :].all():
        return [
            Kind(
                "prompt cut", 0,
                f"{who} counts at most {b.max():,.0f} tokens where {other} counts {a.max():,.0f}",
            )
        ]  # fmt: skip
    overall = float(np.polyfit(a, b, 1)[0])
    if abs(overall - 1) > _SLACK:
        return [
            Kind(
                "other tokenisation", 0, f"{who} counts {overall:.2f} tokens for each of {other}'s"
            )
        ]
    offset = float(np.median(b - a))
    if offset and np.all(np.abs(b - a - offset) <= 1):
        return [Kind("other template", 0, f"{who} counts {offset:+.0f} tokens in every prompt")]
    return []


def cut(pairs: Sequence[Pair], side: Side) -> Kind | None:
    """Whether a side's own counts say that it cuts long prompts.

    Its counts grow in a line with the length of a task's prompts, as far as the shorter half
    goes, and no longer at the longest.
    """
    counts: dict[int, dict[int, list[int]]] = {}
    for pair in pairs:
        said = (pair.a if side == "a" else pair.b).prompt_tokens
        if said:
            counts.setdefault(pair.curve, {}).setdefault(pair.trial.length, []).append(said)
    for by_length in counts.values():
        lengths = sorted(by_length)
        medians = [float(np.median(by_length[length])) for length in lengths]
        half = -(-len(lengths) // 2)
        if half < 2 or medians[half - 1] <= medians[0]:
            continue
        each, base = np.polyfit(lengths[:half], medians[:half], 1)
        due = each * lengths[-1] + base
        if medians[-1] < _CUT * due:
            who = side.upper()
            return Kind(
                "prompt cut", 0,
                f"{who} counts {medians[-1]:,.0f} tokens where, by its shorter prompts, "
                f"{due:,.0f} are due",
            )  # fmt: skip
    return None


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}…"
