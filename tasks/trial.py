"""A trial's question: built from its identity alone, the same everywhere and always."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InputError
from .draw import Draw
from .judging import Judgement, judge
from .lenses import Lens, find_lens
from .paper import THINK
from .reading import AnswerKind, Facts
from .registry import Standard, Task, find_mode, find_task
from .sequences import Items
from .wording import Phrases, choose

EXAMPLE_LENGTHS = (12, 6)
"""Lengths of the worked examples, as in the paper (Appendix C.1)."""


@dataclass(frozen=True, slots=True)
class TrialId:
    """What a trial is; everything about its question follows from it.

    Trials that differ only in mode and lens ask about the same sequence in the same words, so
    that modes and lenses are compared on equal ground.
    """

    task: str
    mode: str
    lens: str
    version: int
    length: int
    index: int
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, JSON-able."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Question:
    """The question of one trial.

    Attributes:
        trial: its identity.
        prompt: the text that the model is asked.
        sequence: the part of the prompt that holds the items.
        truth: the expected answer.
    """

    trial: TrialId
    prompt: str
    sequence: str
    truth: str

    @property
    def prompt_sha256(self) -> str:
        """Hash of the prompt, to prove later that a rebuilt prompt is the one asked."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()

    def judge(self, text: str, finish_reason: str | None = None) -> Judgement:
        """Judge an answer to this question (see :func:`snellen.tasks.judging.judge`)."""
        kinds: dict[str, AnswerKind] = {
            "integer": "number",
            "digit": "symbol",
            "digits": "sequence",
        }
        facts = Facts(
            kinds[find_task(self.trial.task).answer],
            length=self.trial.length,
            bare=self.trial.mode == "direct",
        )
        return judge(text, self.truth, facts, finish_reason=finish_reason)


def ask(task: Task, mode: str, lens: str, length: int, index: int, seed: int) -> Question:
    """Build the question of a trial.

    Raises:
        InputError: the mode or the lens does not exist or does not apply to the task.
    """
    check_applies(task, mode, lens)
    identity = (task.name, task.version, length, index, seed)
    made = task.generate(Draw(*identity), length)
    trial = TrialId(task.name, mode, lens, task.version, length, index, seed)
    if not isinstance(task.prompt, Standard):
        sequence = task.prompt.separator.join(made.items)
        return Question(trial, task.prompt.text(made, mode), sequence, made.truth)
    glass = find_lens(lens)
    phrases = choose(task.prompt.wording, (task.name, task.version, length, seed), index)
    prompt = _compose(task.prompt, made, phrases, mode, glass)
    if mode == "cot_fewshot":
        prompt = _examples(task, task.prompt, identity, glass) + prompt
    if glass.repeat:
        prompt = f"{prompt}\n\n{prompt}"
    return Question(trial, prompt, glass.render(made.items, task.prompt.separator), made.truth)


def check_applies(task: Task, mode: str, lens: str) -> None:
    """Make sure that a task can be asked in a mode and through a lens.

    Raises:
        InputError: it cannot.
    """
    find_mode(mode)
    find_lens(lens)
    if mode not in task.modes:
        raise InputError(f"task {task.name} has no mode {mode!r}; it has: {', '.join(task.modes)}")
    if lens != "none" and not isinstance(task.prompt, Standard):
        raise InputError(f"task {task.name} is the paper's own prompt: it takes no lens")


def _compose(style: Standard, made: Items, phrases: Phrases, mode: str, lens: Lens) -> str:
    words = style.wording
    shown = phrases.intro.format(seq=lens.render(made.items, style.separator))
    asked = phrases.question.format(asked=made.asked)
    hint = [words.hint.format(decoy=made.decoy)] if lens.hint else []
    if mode == "direct":
        how = phrases.bare
    else:
        think = [THINK] if mode == "cot" else []
        final_line = (
            "End with a line that says exactly 'The final answer is: xxxx', "
            f"where 'xxxx' is {words.noun}."
        )
        how = " ".join([*think, final_line])
    parts = [asked, *hint, how, shown] if lens.question_first else [shown, asked, *hint, how]
    return "\n".join(parts)


def _examples(task: Task, style: Standard, identity: tuple[str | int, ...], lens: Lens) -> str:
    shots = [f"{THINK} Here are a few examples:"]
    for number, length in enumerate(EXAMPLE_LENGTHS):
        made = task.generate(Draw("example", number, *identity), length)
        shown = lens.render(made.items, style.separator)
        question = style.wording.questions[number].format(asked=made.asked)
        shots += [
            style.wording.intros[number].format(seq=shown),
            question,
            style.work(made, style.separator),
            f"The final answer is: {made.truth}\n",
        ]
    return "\n".join(shots) + "\n"
