"""An answer among alternatives: what a model scores without writing (lm-eval's multiple choice).

Beside the truth: one less, one more, and the likeliest other answer.
"""

from __future__ import annotations

from ..errors import InputError
from .chance import CHOICES
from .draw import Draw
from .task import Items, Task

Identity = tuple[str, int, int, int, int]
"""Task, version, length, index and seed: what a trial's sequence is drawn from."""


def choices(task: Task, length: int, index: int, seed: int) -> tuple[tuple[str, ...], int]:
    """The alternatives of a trial in a drawn order, and the place of the truth among them.

    Raises:
        InputError: at this length some of them are the same.
    """
    identity = (task.name, task.version, length, index, seed)
    return offered(task, task.generate(Draw(*identity), length), identity)


def offered(task: Task, made: Items, identity: Identity) -> tuple[tuple[str, ...], int]:
    """The alternatives about a sequence; see :func:`choices`."""
    draw = Draw("choices", *identity)
    found = [made.truth, *_others(task, made, draw)]
    if len(set(found)) < CHOICES:
        raise InputError(
            f"length {identity[2]} of {task.name} leaves fewer than {CHOICES} different answers "
            "to choose from; use longer lengths, or a free or forced answer"
        )
    order = sorted(range(CHOICES), key=lambda _: draw.uniform())
    return tuple(found[i] for i in order), order.index(0)


def _others(task: Task, made: Items, draw: Draw) -> list[str]:
    if task.answer == "number":
        return _numbers(made)
    if task.answer == "symbol":
        return _symbols(task, made, draw)
    return _sequences(task, made, draw) if task.answer == "sequence" else _values(made)


def _numbers(made: Items) -> list[str]:
    truth = int(made.truth)
    # Below zero there is no count.
    near = [truth - 1 if truth else truth + 2, truth + 1]
    other = sum(item != made.asked for item in made.items) if made.decoy else _round_near(truth)
    while other in (truth, *near):  # the next round number
        other = (other // 10 + 1) * 10
    return [*map(str, near), str(other)]


def _round_near(number: int) -> int:
    return max(10, round(number / 10) * 10)


def _symbols(task: Task, made: Items, draw: Draw) -> list[str]:
    likely = [made.decoy] if made.decoy else []
    free = [symbol for symbol in task.alphabet if symbol not in {made.truth, *made.items, *likely}]
    return [*likely, *sorted(free, key=lambda _: draw.uniform())][: CHOICES - 1]


def _sequences(task: Task, made: Items, draw: Draw) -> list[str]:
    items = list(made.items)
    place = draw.below(len(items))
    other = draw.pick([symbol for symbol in task.alphabet if symbol != items[place]])
    changed = [*items[:place], other, *items[place + 1 :]]
    # Not at the end: a sequence less its last item is always likelier than the sequence, where
    # a harness scores it without what ends an answer.
    early = draw.below(max(1, len(items) // 2))
    fewer, more = items[:early] + items[early + 1 :], items[: early + 1] + items[early:]
    found = [" ".join(each) for each in (fewer, more, changed)]
    return [each for each in found if each]


def _values(made: Items) -> list[str]:
    place = made.values.index(made.truth)
    beside = sorted(range(len(made.values)), key=lambda i: abs(i - place))
    others = dict.fromkeys(made.values[i] for i in beside if i != place)
    return list(others)[: CHOICES - 1]
