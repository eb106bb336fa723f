"""A trial: one prompt and its truth, built from its identity alone, the same everywhere."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..errors import InputError
from .choices import offered
from .draw import Draw
from .judging import Judgement, judge, judge_scored
from .lenses.find import find_lens
from .lenses.lens import Lens
from .lenses.permits import refusal, takers
from .lenses.worn import through
from .modes import BARE, REASONED, base_mode, find_mode
from .prompts.compose import compose, stop_texts
from .reading import Facts
from .registry import TASKS, find_task
from .task import Items, Task

FREE, FORCED, CHOICE = "free", "forced", "choice"
FORMS = (FREE, FORCED, CHOICE)
"""How an answer is given: as any text, only as an answer of the right kind, or not written at all:
alternatives are scored, and the likeliest is the answer."""


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
    def from_dict(cls, fields: Mapping[Any, Any]) -> TrialId:
        """The identity that a mapping holds, beside whatever else it holds.

        A document calls the answer form ``answer``; a row of the table of trials calls it
        ``answer_form``, for there ``answer`` is what was answered, and has no version: it is taken
        to be of today's.

        Raises:
            KeyError: a field is missing.
            TypeError: a length, index or seed is not a whole number.
            InputError: there is no such task.
        """
        task, mode, lens = (str(fields[name]) for name in ("task", "mode", "lens"))
        now = None if "version" in fields else find_task(task).version_of(mode, lens)
        return cls(
            task=task,
            mode=mode,
            lens=lens,
            version=fields["version"] if now is None else now,
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
        facts: what the reader of an answer may know of the question; never the truth.
        stop: texts that end an answer; the model stops before them.
        chat: whether the prompt is a user's turn of a conversation; otherwise it is raw text to
            continue, whatever the run says.
        notes: further columns of the table of trials (``depth``).
        choices: the texts that are scored where nothing is written, each with the answer in normal
            form that it states; in a drawn order.
    """

    id: TrialId
    prompt: str
    sequence: str
    truth: str
    prompt_sha256: str
    facts: Facts
    stop: tuple[str, ...] = ()
    chat: bool = True
    notes: Mapping[str, float] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    def judge(self, text: str, finish_reason: str | None = None) -> Judgement:
        """Judge an answer to this trial (see :mod:`snellen.tasks.judging`)."""
        if self.id.answer == CHOICE:
            kind = self.facts.kind
            return judge_scored(text, self.truth, self.choices, kind, finish_reason=finish_reason)
        return judge(text, self.truth, self.facts, finish_reason=finish_reason)

    def without_text(self) -> Trial:
        """The same trial without its texts, to keep many long ones in little memory."""
        return replace(self, prompt="", sequence="")


def rebuild_trial(identity: TrialId | Mapping[str, Any]) -> Trial:
    """The trial of an identity, or of a mapping that holds one (a document, a table's row).

    Raises:
        InputError: the task, mode or lens does not exist, or another version of the task asked
            this.
    """
    trial = identity if isinstance(identity, TrialId) else TrialId.from_dict(identity)
    task = find_task(trial.task)
    built = build_trial(
        task, trial.mode, trial.lens, trial.length, trial.index, trial.seed, trial.answer
    )
    if built.id.version != trial.version:
        raise InputError(
            f"{trial.task} in mode {trial.mode} with lens {trial.lens} was asked in version "
            f"{trial.version}, and this version of snellen asks version {built.id.version}: its "
            "prompt cannot be built again; use the version that the manifest names"
        )
    return built


def can_rebuild(trial: TrialId) -> bool:
    """Whether this version of Snellen knows a trial's task, and asks it as it was asked."""
    try:
        task = find_task(trial.task)
    except InputError:
        return False
    return task.version_of(trial.mode, trial.lens) == trial.version


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
        InputError: the mode, the lens or the answer form does not exist or does not apply to the
            task; or the task has too few alternatives at this length.
    """
    check_applies(task, mode, lens, answer)
    identity = (task.name, task.version, length, index, seed)
    seen = find_lens(lens)
    task = through(task, seen, identity)
    made = task.generate(Draw(*identity), length)
    prompt, sequence = compose(task, made, mode, seen, identity)
    alternatives = offered(task, made, identity)[0] if answer == CHOICE else ()
    return Trial(
        TrialId(
            task.name, mode, lens, task.version_of(mode, lens), length, index, seed, answer
        ),
        prompt,
        sequence,
        made.truth,
        hashlib.sha256(prompt.encode()).hexdigest(),
        _facts(task, made, mode, length, seen),
        stop_texts(task, mode),
        base_mode(mode) != "fewshot",
        made.notes,
        {_as_shown(task, mode, seen, one): one for one in alternatives},
    )  # fmt: skip


def _as_shown(task: Task, mode: str, lens: Lens, answer: str) -> str:
    """An answer as the worked examples of a prompt write it: a sequence as the lens shows it."""
    if base_mode(mode) != "fewshot" or task.answer != "sequence":
        return answer
    return lens.answer(answer.split(), task.separator)


def _facts(task: Task, made: Items, mode: str, length: int, lens: Lens) -> Facts:
    symbols = _distinct(made.values or made.items)
    if lens.symbols and task.answer in ("symbol", "sequence"):
        # Digits are known for what they are; of other symbols the reader must be told.
        symbols |= dict.fromkeys(task.alphabet)
    return Facts(
        task.answer,
        made.asked,
        tuple(symbols),
        length,
        # The paper's prompts ask for a final line, and do not forbid others before it.
        bare=base_mode(mode) in BARE and task.takes_lenses and not lens.reasons,
        end=task.end,
    )


def _distinct(items: Sequence[str]) -> dict[str, None]:
    """Items without repetition, in the order in which they come first."""
    if len(set(items[:_MANY])) <= _FEW_KINDS and len(kinds := set(items)) <= _FEW_KINDS:
        return dict.fromkeys(sorted(kinds, key=items.index))  # twice as fast on long sequences
    return dict.fromkeys(items)


_MANY, _FEW_KINDS = 200, 16
"""How many items tell whether a sequence is of few kinds."""
_A = {FORCED: "a forced answer", CHOICE: "a choice"}


def applies(task: Task, mode: str, lens: str, answer: str = FREE) -> bool:
    """Whether a task can be asked in a mode, through a lens, for an answer of a form."""
    return (
        task.has_mode(mode)
        and (answer == FREE or base_mode(mode) not in REASONED)
        and not refusal(find_lens(lens), task, mode, answer)
    )


def check_applies(task: Task, mode: str, lens: str, answer: str = FREE) -> None:
    """Make sure that a task can be asked in a mode, through a lens, for an answer of a form.

    Raises:
        InputError: it cannot.
    """
    find_mode(mode)
    seen = find_lens(lens)
    if answer not in FORMS:
        raise InputError(f"unknown answer form {answer!r}; there are: {', '.join(FORMS)}")
    if applies(task, mode, lens, answer):
        return
    if not task.has_mode(mode):
        raise InputError(f"task {task.name} has no mode {mode!r}; it has: {', '.join(task.modes)}")
    if answer != FREE and base_mode(mode) in REASONED:
        raise InputError(
            f"{_A[answer]} leaves no room for the reasoning of mode {mode!r}; use --mode "
            "direct or fewshot, or --answer free"
        )
    why = refusal(seen, task, mode, answer)
    others = takers(seen, list(TASKS.values()))
    can = f"; tasks that can: {', '.join(others)}" if others and task.name not in others else ""
    raise InputError(f"task {task.name} cannot be asked through lens {seen.name!r}: {why}{can}")
