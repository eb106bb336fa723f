"""What decoding asks: the same counts in several wordings, with and without a cue to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import InputError
from ..states.kinds import find_kind
from ..states.pairs import PromptPair, PromptSet, Template, build_prompts

WORDINGS = (
    "How many ones are in the following sequence?",
    "Count the ones in this sequence:",
    "The number of times that the digit one occurs is asked. The digits are:",
    "Here are some digits. Say how many of them are ones.",
)
"""Questions put before the sequence; the first is what read-outs are trained on. None holds a digit
itself: a model that counts all ones of its prompt would be one off in that wording alone."""
CUE = "\nAnswer: "
ENDS = ("answer", "last item")
"""Where a pair is tested: in the state that answers (the last token of cue or chat template), and
in that of the sequence's last item, which is what the paper looks at."""
OTHER_TASK = "Can you copy the following number?"


@dataclass(frozen=True)
class DecodingPlan:
    """What to measure.

    Attributes:
        kinds: Names of kinds of pairs; n is the number of ones.
        lengths: Items n at which a verdict is given, in rising order.
        dtypes: Names of dtypes; the most precise is the reference.
        read_out: The longest n of the count read-out, which takes every n from 1 on.
        wordings: How many wordings, at most the length of :data:`WORDINGS`.
        window: Consecutive counts from n on that make the units of a length.
        routes: Equivalent computations per prompt.
        seed: Seed of the draws.
        template: ``none`` (a cue to answer follows the sequence) or ``chat``.
        bos: With, without, or None for the tokenizer's habit.
        chunk: Tokens per forward call.
    """

    kinds: tuple[str, ...] = ("count_ones", "count_mixed")
    lengths: tuple[int, ...] = (1, 4, 16, 64, 256)
    dtypes: tuple[str, ...] = ("float64", "bfloat16")
    read_out: int = 256
    wordings: int = 3
    window: int = 8
    routes: int = 6
    seed: int = 0
    template: Template = "none"
    bos: bool | None = None
    chunk: int = 2048


@dataclass(frozen=True)
class Unit:
    """A pair of prompts that ask for ``count`` and ``count + 1``, under a grid length.

    Attributes:
        length: The grid length.
        wording: Index into :data:`WORDINGS`.
        count: Ones in the shorter prompt.
        short: Its token ids, cue and all.
        long: Those of the longer prompt.
        after: Tokens of the cue (or of the chat template) after the sequence.
    """

    length: int
    wording: int
    count: int
    short: tuple[int, ...]
    long: tuple[int, ...]
    after: int = 0

    def ending(self, at: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Both prompts up to one of :data:`ENDS`."""
        if at == ENDS[0]:
            return self.short, self.long
        return self.short[: len(self.short) - self.after], self.long[: len(self.long) - self.after]


def check_plan(plan: DecodingPlan) -> None:
    """Refuse a plan that nothing could be measured by.

    Raises:
        InputError: It names what to change.
    """
    if plan.routes < 2:
        raise InputError(f"--routes {plan.routes}: held-out numerics need 2 or more")
    if not 1 <= plan.wordings <= len(WORDINGS):
        raise InputError(f"--wordings {plan.wordings}: choose from 1 to {len(WORDINGS)}")
    if plan.window < 1:
        raise InputError(f"--window {plan.window}: must be 1 or more")
    if not {"float64", "float32"} & set(plan.dtypes):
        raise InputError(
            f"--dtypes {','.join(plan.dtypes)} holds no reference: add float64 (or float32)"
        )
    if plan.read_out < 8:
        raise InputError(f"--read-out {plan.read_out}: a read-out needs 8 counts or more")


def units_of(tokenizer: Any, kind: str, plan: DecodingPlan, context: int) -> list[Unit]:
    """Every unit of a kind: by length, then wording, then count."""
    counts = sorted({n + j for n in plan.lengths for j in range(plan.window)})
    sets = [
        prompt_set(tokenizer, kind, w, counts, plan, context, cue=CUE) for w in range(plan.wordings)
    ]
    by_wording = [{pair.length: pair for pair in prompts.pairs} for prompts in sets]
    return [
        Unit(n, w, n + j, pairs[n + j].short, pairs[n + j].long, sets[w].after)
        for n in plan.lengths
        for w, pairs in enumerate(by_wording)
        for j in range(plan.window)
    ]


def prompt_set(
    tokenizer: Any,
    kind: str,
    wording: int | str,
    counts: Sequence[int],
    plan: DecodingPlan,
    context: int,
    *,
    cue: str = "",
) -> PromptSet:
    """Prompts of a kind in one wording, one draw."""
    question = WORDINGS[wording] if isinstance(wording, int) else wording
    return build_prompts(
        tokenizer,
        replace(find_kind(kind), question=question),
        counts,
        context=context,
        seed=plan.seed + (wording if isinstance(wording, int) else len(WORDINGS)),
        template=plan.template if cue else "none",
        bos=plan.bos,
        cue=cue,
    )


def read_out_prompts(
    tokenizer: Any, kind: str, wording: int | str, plan: DecodingPlan, context: int
) -> list[PromptPair]:
    """The prompts of every count from 1 to ``plan.read_out``, ending with the sequence."""
    counts = range(1, plan.read_out + 1)
    return prompt_set(tokenizer, kind, wording, counts, plan, context).pairs
