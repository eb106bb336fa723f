"""A task through a lens: the same sequences, in the symbols that the lens puts in their place."""

from __future__ import annotations

from dataclasses import replace

from ..draw import Draw
from ..prompts.wording import Wording
from ..task import Generator, Items, Task
from .lens import Lens
from .symbols import renamed, symbols_of


def through(task: Task, lens: Lens, identity: tuple[str | int, ...]) -> Task:
    """The task as it is asked through a lens.

    Args:
        task: the task.
        lens: a lens that it takes.
        identity: that of the trial; which symbol stands for which depends on it.
    """
    if not (lens.symbols or lens.vocabulary) or not isinstance(task.wording, Wording):
        return task
    alphabet = symbols_of(lens, task.alphabet)
    shuffle = Draw("symbols", *identity)
    order = sorted(alphabet, key=lambda _: shuffle.uniform()) if lens.symbols else [*alphabet]
    words = task.wording
    return replace(
        task,
        generate=_renamed(task, dict(zip(task.alphabet, order, strict=False)), lens, order),
        alphabet=alphabet,
        wording=replace(
            words,
            questions=tuple(renamed(text, lens) for text in words.questions),
            bare=tuple(renamed(text, lens) for text in words.bare),
            noun=renamed(words.noun, lens),
            hint=renamed(words.hint, lens),
        ),
    )


def _renamed(task: Task, names: dict[str, str], lens: Lens, alphabet: list[str]) -> Generator:
    """The sequences of a task with other symbols, and with several kinds of decoy."""

    def generate(draw: Draw, n: int) -> Items:
        made = task.generate(draw, n)
        items = [names[item] for item in made.items]
        asked, decoy = (names[one] if one else "" for one in (made.asked, made.decoy))
        truth = made.truth
        if task.answer in ("symbol", "sequence"):
            truth = " ".join(names[item] for item in truth.split())
        if lens.vocabulary > 2:
            taken = {asked, truth, decoy, _spelling(truth, {asked, decoy})}
            free = [symbol for symbol in alphabet if symbol not in taken]
            kinds = [decoy]
            while len(kinds) < lens.vocabulary - 1:
                kinds.append(free.pop(draw.below(len(free))))
            items = [draw.pick(kinds) if item == decoy else item for item in items]
        return Items(tuple(items), truth, asked, decoy, made.values, made.notes)

    return generate


def _spelling(truth: str, symbols: set[str]) -> str:
    """A digit without which a count cannot be spelt: an echo of the sequence would pass for it."""
    return next((sign for sign in truth if sign not in symbols), "")
