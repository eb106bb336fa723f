"""All tasks by name, with what makes each of them: sequence, words, answer, chance level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError
from . import paper, sequences, wording, worked
from .paper import PaperPrompt
from .sequences import Generator, Items
from .wording import Wording

AnswerKind = Literal["integer", "digit", "digits"]
Mode = Literal["direct", "cot", "cot_fewshot"]
MODES: tuple[Mode, ...] = ("direct", "cot", "cot_fewshot")
PREFIX = "snellen_"


@dataclass(frozen=True, slots=True)
class Standard:
    """How one of Snellen's own tasks is put into words.

    Attributes:
        wording: the forms to choose from.
        separator: what stands between items.
        work: the worked example of few-shot prompts, from a sequence and the separator.
    """

    wording: Wording
    separator: str
    work: Callable[[Items, str], str]


@dataclass(frozen=True, slots=True)
class Task:
    """A question asked at many lengths.

    Attributes:
        name: without the prefix that lm-eval names carry.
        summary: the sequence and the answer, in a line.
        family: the group it belongs to.
        generate: makes the sequence.
        prompt: Snellen's own wording, or a prompt of the paper.
        answer: what kind of answer is looked for.
        chance: accuracy of the best strategy that does not look at the order of the items.
        modes: the modes it is asked in.
        lengths: the lengths of its chart; ``None`` for the standard ones.
        version: raised whenever a prompt or a truth changes.
    """

    name: str
    summary: str
    family: Literal["counting", "copying", "summing", "paper"]
    generate: Generator
    prompt: Standard | PaperPrompt
    answer: AnswerKind = "integer"
    chance: float = 0.0
    modes: tuple[Mode, ...] = MODES
    lengths: tuple[int, ...] | None = None
    version: int = 1


_count = Standard(wording.COUNT, " ", worked.count_in_groups)
_sum = Standard(wording.SUM, " + ", worked.add_in_groups)
_last = Standard(wording.COPY_LAST, " ", worked.look_at_the_end)
_first = Standard(wording.COPY_FIRST, " ", worked.look_at_the_start)
_DIRECT: tuple[Mode, ...] = ("direct",)


def _paper_copy(
    name: str,
    summary: str,
    generate: Generator,
    prompt: PaperPrompt,
    lengths: tuple[int, ...] = paper.COPY_LENGTHS,
) -> Task:
    return Task(
        name, summary, "paper", generate, prompt, "digit", 0.5, modes=_DIRECT, lengths=lengths
    )


def _paper_count(name: str, summary: str, generate: Generator, prompt: PaperPrompt) -> Task:
    return Task(name, summary, "paper", generate, prompt, lengths=paper.COUNT_LENGTHS)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("sum_ones", "1 + 1 + … + 1; n", "summing", sequences.ones_to_add, _sum),
        Task("sum_digits", "d1 + d2 + …; the sum", "summing", sequences.digits_to_add, _sum),
        Task("count_ones", "n times one digit; n", "counting", sequences.run_of_one_symbol, _count),
        Task(
            "count_ones_bernoulli",
            "two digits, i.i.d., P = 0.7; how often one occurs",
            "counting",
            sequences.bernoulli,
            _count,
        ),
        Task(
            "count_word",
            "n times one word; n",
            "counting",
            sequences.repeated_word,
            Standard(wording.COUNT_WORD, " ", worked.count_in_groups),
        ),
        Task(
            "copy_last",
            "a run that ends in an odd digit; that digit",
            "copying",
            sequences.odd_one_last,
            _last,
            answer="digit",
            chance=0.1,
        ),
        Task(
            "copy_first",
            "a run that starts with an odd digit; that digit",
            "copying",
            sequences.odd_one_first,
            _first,
            answer="digit",
            chance=0.1,
        ),
        Task(
            "copy_last_interleaved",
            "two digits in alternation; the last",
            "copying",
            sequences.alternating_last,
            _last,
            answer="digit",
            chance=0.5,
        ),
        Task(
            "copy_first_interleaved",
            "two digits in alternation; the first",
            "copying",
            sequences.alternating_first,
            _first,
            answer="digit",
            chance=0.5,
        ),
        Task(
            "copy_sequence",
            "random digits; all of them, in order",
            "copying",
            sequences.random_digits,
            Standard(wording.COPY_SEQUENCE, " ", worked.copy_in_groups),
            answer="digits",
        ),
        _paper_count("paper_sum_ones", "Figs. 3, 6 (i)", paper.ones, paper.SUM_ONES),
        _paper_count("paper_count_ones", "Figs. 3, 6 (ii)", paper.ones, paper.COUNT_ONES),
        _paper_count(
            "paper_count_ones_bernoulli",
            "Figs. 3, 6 (iii)",
            paper.zeros_and_ones,
            paper.COUNT_BERNOULLI,
        ),
        _paper_count("paper_count_word", "Figs. 3, 6 (iv)", paper.cars, paper.COUNT_CAR),
        _paper_copy("paper_copy_last", "Fig. 2a, last", paper.ones_then_zero, paper.COPY_LAST),
        _paper_copy("paper_copy_first", "Fig. 2a, first", paper.zero_then_ones, paper.COPY_FIRST),
        _paper_copy("paper_copy_last_hint", "Fig. 2b", paper.ones_then_zero, paper.COPY_LAST_HINT),
        _paper_copy(
            "paper_copy_last_interleaved_01",
            "Fig. 2c, [0,1]*n + [0]",
            paper.interleaved_01,
            paper.COPY_LAST,
        ),
        _paper_copy(
            "paper_copy_last_interleaved_10",
            "Fig. 2c, [1,0]*n + [0]",
            paper.interleaved_10,
            paper.COPY_LAST,
        ),
        _paper_copy(
            "paper_copy_last_type1",
            "Fig. 11, type 1",
            paper.ones_then_zero,
            paper.COPY_TYPE_1,
            paper.ABLATION_LENGTHS,
        ),
        _paper_copy(
            "paper_copy_last_type2",
            "Fig. 11, type 2",
            paper.ones_then_zero,
            paper.COPY_TYPE_2,
            paper.ABLATION_LENGTHS,
        ),
    )
}

GROUPS: dict[str, tuple[str, ...]] = {
    "snellen": tuple(name for name, task in TASKS.items() if task.family != "paper"),
    **{
        f"snellen_{family}": tuple(n for n, task in TASKS.items() if task.family == family)
        for family in ("counting", "copying", "summing", "paper")
    },
}


def find_task(name: str) -> Task:
    """The task of that name, with or without the ``snellen_`` prefix.

    Raises:
        InputError: there is none.
    """
    task = TASKS.get(name.removeprefix(PREFIX))
    if task is None:
        raise InputError(f"unknown task {name!r}; 'snellen tasks' lists them")
    return task


def find_tasks(names: Iterable[str]) -> tuple[Task, ...]:
    """The tasks that names and groups stand for, each once, in the catalogue's order.

    Raises:
        InputError: a name is neither a task nor a group, or there is none.
    """
    wanted: set[str] = set()
    for name in names:
        group = GROUPS.get(name) or GROUPS.get(PREFIX + name)
        wanted.update(group or (find_task(name).name,))
    if not wanted:
        raise InputError("--tasks names no task; 'snellen tasks' lists them")
    return tuple(task for task in TASKS.values() if task.name in wanted)


def find_mode(name: str) -> Mode:
    """The mode of that name.

    Raises:
        InputError: there is none.
    """
    for mode in MODES:
        if mode == name:
            return mode
    raise InputError(f"unknown mode {name!r}; there are: {', '.join(MODES)}")


def harness_name(task: str, mode: str) -> str:
    """The name under which lm-eval knows a task in a mode.

    >>> harness_name("count_ones", "direct"), harness_name("count_ones", "cot")
    ('snellen_count_ones', 'snellen_count_ones_cot')
    """
    return PREFIX + task + ("" if mode == "direct" else f"_{mode}")
