"""Tokenisation made visible: what a model's tokenizer makes of a sequence, lens by lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ..errors import InputError
from ..runners.tokenizers import Spans, token_spans
from ..tasks.draw import Draw
from ..tasks.lenses import Lens, find_lens
from ..tasks.lenses.worn import through
from ..tasks.registry import find_tasks
from ..tasks.task import Task
from ..tasks.trial import applies

_SHOWN = 60
_TRIALS = 10


@dataclass(frozen=True, slots=True)
class Tokenised:
    """The sequences of a task through a lens, as a tokenizer cuts them; medians over trials.

    Attributes:
        task: the task.
        lens: the lens.
        length: number of items.
        tokens: tokens of a sequence.
        fused: share of the items that share a token with another item ("11" is one token).
        split: share of the items that are made of several tokens.
        example: the beginning of a sequence, its tokens divided by "│", with "·" for a space and
            "↵" for a line break.
    """

    task: str
    lens: str
    length: int
    tokens: float
    fused: float
    split: float
    example: str

    @property
    def per_item(self) -> float:
        """Tokens per item, with what stands between items."""
        return self.tokens / self.length


def tokenised(
    model: str, tasks: Sequence[str], lenses: Sequence[str] = ("none",), length: int = 32
) -> list[Tokenised]:
    """See how a model's tokenizer cuts the sequences of tasks through lenses.

    No model is loaded or asked. A lens that a task does not take is passed over.

    Args:
        model: whose tokenizer (see :func:`snellen.runners.tokenizers.token_spans`).
        tasks: tasks and groups.
        lenses: lenses.
        length: number of items.

    Raises:
        InputError: something named does not exist or is not at hand, or nothing applies.
    """
    cells = [
        (task, find_lens(lens))
        for task in find_tasks(tasks)
        for lens in lenses
        if applies(task, task.modes[0], find_lens(lens).name)
    ]
    if not cells:
        raise InputError(f"none of the tasks {','.join(tasks)} takes lens {','.join(lenses)}")
    spans = token_spans(model)
    return [_of(task, lens, length, spans) for task, lens in cells]


def _of(task: Task, lens: Lens, length: int, spans: Spans) -> Tokenised:
    tokens, fused, split, example = [], [], [], ""
    for index in range(_TRIALS):
        identity = (task.name, task.version, length, index, 0)
        worn = through(task, lens, identity)
        items = worn.generate(Draw(*identity), length).items
        text = lens.render(items, worn.separator)
        cut = spans(text)
        both = _shared(_places(items, text, lens.numbered), cut)
        tokens.append(len(cut))
        fused.append(both[0] / len(items))
        split.append(both[1] / len(items))
        example = example or _divided(text, cut)
    return Tokenised(
        task.name, lens.name, length, median(tokens), median(fused), median(split), example
    )


def _places(items: Sequence[str], text: str, numbered: bool) -> list[tuple[int, int]]:
    """Where the items stand in a sequence, in characters."""
    places, at = [], 0
    for number, item in enumerate(items, 1):
        before = f"[{number}] " if numbered else ""
        start = text.find(before + item, at)
        if start < 0:  # a lens of a plug-in writes its items otherwise
            continue
        at = start + len(before + item)
        places.append((at - len(item), at))
    return places


def _shared(places: Sequence[tuple[int, int]], cut: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many items share a token with another, and how many are made of several tokens."""
    tokens_of: list[set[int]] = []
    items_of: dict[int, int] = {}
    first = 0
    for start, end in places:
        while first < len(cut) and cut[first][1] <= start:
            first += 1
        token, mine = first, set()
        while token < len(cut) and cut[token][0] < end:
            mine.add(token)
            token += 1
        tokens_of.append(mine)
        for one in mine:
            items_of[one] = items_of.get(one, 0) + 1
    fused = sum(any(items_of[token] > 1 for token in mine) for mine in tokens_of)
    return fused, sum(len(mine) > 1 for mine in tokens_of)


def _divided(text: str, cut: Sequence[tuple[int, int]]) -> str:
    edges = sorted({start for start, _ in cut} | {0})
    pieces = [text[a:b] for a, b in zip(edges, [*edges[1:], len(text)], strict=True)]
    shown = "│".join(piece.replace(" ", "·").replace("\n", "↵") for piece in pieces)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
