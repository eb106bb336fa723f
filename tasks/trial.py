"""A trial: one prompt and its truth, built from its identity alone, the same everywhere."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..errors import InputError
from .draw import Draw
from .judging import Judgement, judge
from .lenses import Lens, find_lens
from .paper import THINK
from .registry import Standard, Task, find_mode, find_task
from .sequences import Items
from .wording import Phrases, choose

EXAMPLE_LENGTHS = (12, 6)
"""Lengths of the worked examples, as in the paper (Appendix C.1)."""

FREE = "free"
FORMS = (FREE,)
"""How an answer may be written."""


@dataclass(frozen=True, slots=True)
class TrialId:
    """What a trial is; everything about its prompt follows from it.

    Trials that differ only in mode, answer form and lens ask about the same sequence in the same
    words, so that these are compared on equal ground.
    """

    task: str
    mode: str
    lens: str
    version: int
    length: int
    index: int
    seed: int
    answer: str = FREE

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, JSON-able.

        The answer form stands there only where it is not free: the journal's keys of all runs
        from before there were forms stay what they are.
        """
        fields = asdict(self)
        if self.answer == FREE:
            del fields["answer"]
        return fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> TrialId:
        """The identity that a mapping holds, beside whatever else it holds.

        A document calls the answer form ``answer``; a row of the table of trials calls it
        ``answer_form``, for there ``answer`` is what was answered, and has no version: it is of
        the version that the manifest names.

        Raises:
            KeyError: a field is missing.
            TypeError: a length, index or seed is not a whole number.
            InputError: there is no such task.
        """
        task = str(fields["task"])
        return cls(
            task=task,
            mode=str(fields["mode"]),
            lens=str(fields["lens"]),
            version=fields["version"] if "version" in fields else find_task(task).version,
            length=_whole(fields["length"]),
            index=_whole(fields["index"]),
            seed=_whole(fields["seed"]),
            answer=str(fields.get("answer_form") or fields.get("answer", FREE)),
        )


def _whole(number: Any) -> int:
    """A whole number, be it numpy's or pandas'; not one in a text, nor a part of one."""
    return operator.index(number)


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: what is asked, and what the right answer is.

    Attributes:
        id: its identity.
        prompt: the text that the model is asked.
        sequence: the part of the prompt that holds the items.
        truth: the expected answer.
        prompt_sha256: hash of the prompt, to prove that an answer was given to this very text.
    """

    id: TrialId
    prompt: str
    sequence: str
    truth: str
    prompt_sha256: str

    def judge(self, text: str, finish_reason: str | None = None) -> Judgement:
        """Judge an answer to this trial (see :func:`snellen.tasks.judging.judge`)."""
        return judge(
            text,
            self.truth,
            find_task(self.id.task).answer,
            finish_reason=finish_reason,
            number_alone=self.id.mode == "direct",
        )

    def without_text(self) -> Trial:
        """The same trial without its texts, to keep many long ones in little memory."""
        return replace(self, prompt="", sequence="")


def rebuild_trial(identity: TrialId | Mapping[str, Any]) -> Trial:
    """The trial of an identity, or of a mapping that holds one (a document, a table's row)."""
    trial = identity if isinstance(identity, TrialId) else TrialId.from_dict(identity)
    return build_trial(
        find_task(trial.task), trial.mode, trial.lens, trial.length, trial.index, trial.seed,
        trial.answer,
    )  # fmt: skip


def build_trial(
    task: Task,
    mode: str,
    lens: str,
    length: int,
    index: int,
    seed: int,
    answer: str = FREE,
) -> Trial:
    """Build a trial.

    Raises:
        InputError: the mode or the lens does not exist or does not apply to the task.
    """
    check_applies(task, mode, lens)
    identity = (task.name, task.version, length, index, seed)
    made = task.generate(Draw(*identity), length)
    prompt, sequence = _texts(task, made, mode, lens, identity)
    return Trial(
        TrialId(task.name, mode, lens, task.version, length, index, seed, answer),
        prompt,
        sequence,
        made.truth,
        hashlib.sha256(prompt.encode()).hexdigest(),
    )


def _texts(
    task: Task, made: Items, mode: str, lens: str, identity: tuple[str, int, int, int, int]
) -> tuple[str, str]:
    """The prompt, and the sequence in it."""
    if not isinstance(task.prompt, Standard):
        return task.prompt.text(made, mode), task.prompt.separator.join(made.items)
    name, version, length, index, seed = identity
    glass = find_lens(lens)
    phrases = choose(task.prompt.wording, (name, version, length, seed), index)
    prompt = _compose(task.prompt, made, phrases, mode, glass)
    if mode == "cot_fewshot":
        prompt = _examples(task, task.prompt, identity, glass) + prompt
    if glass.repeat:
        prompt = f"{prompt}\n\n{prompt}"
    return prompt, glass.render(made.items, task.prompt.separator)


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
