"""The whole prompt of a trial: question, sequence, worked examples, and where an answer ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from ...errors import InputError
from ..draw import Draw
from ..lenses import Lens
from ..modes import PLAIN_LENGTHS, WORKED_LENGTHS, base_mode, shots_of
from ..task import Items, Task
from .body import body, copies_in_parts, instructions, transcript_wanted
from .transcript import transcript
from .wording import Phrases, Wording, choose

Identity = tuple[str, int, int, int, int]
"""Task, version, length, index and seed: what the sequence of a trial is drawn from."""

_TRIES_PER_LENGTH = 10
_MOST_TRIES = 1000


def compose(task: Task, made: Items, mode: str, lens: Lens, identity: Identity) -> tuple[str, str]:
    """The prompt about a sequence, and the sequence as it stands in it.

    Args:
        task: the task, as it is asked through the lens.
        made: the sequence.
        mode: how the answer is prompted.
        lens: the change to the prompt.
        identity: that of the trial.

    Raises:
        InputError: there are no worked examples with another answer than this trial's.
    """
    words = task.wording
    if not isinstance(words, Wording):
        return words(made, mode), task.separator.join(made.items)
    name, version, length, index, seed = identity
    phrases = choose(words, (name, version, length, seed), index)
    base = base_mode(mode)
    if base == "fewshot":
        prompt = "".join(_plain_examples(task, words, made, mode, lens, phrases, identity))
        prompt += _plain(task, words, made, lens, phrases, index)
    else:
        how = instructions(task, words, base, lens, phrases)
        prompt = body(words, phrases, made, task.separator, lens, how, index)
        if base == "cot_fewshot":
            prompt = _worked_examples(task, words, made, lens, phrases, identity) + prompt
        prompt = "\n\n".join([prompt] * lens.repeat)
    return lens.change(prompt), lens.render(made.items, task.separator)


def stop_texts(task: Task, mode: str) -> tuple[str, ...]:
    """The texts that end an answer: what begins another question, and a blank line in raw text.

    The same for all trials of a task in a mode, since lm-eval knows one list per task.
    """
    base = base_mode(mode)
    if base == "fewshot":
        return ("\n\n", "\nQuestion:")
    if base != "cot_fewshot":
        return ()
    if not isinstance(task.wording, Wording):
        return task.stop
    # The last example and the next question are a blank line apart.
    shown = task.wording.intros[: len(WORKED_LENGTHS)]
    return tuple("\n\n" + intro.partition("{seq}")[0].rstrip() for intro in shown)


def _plain(
    task: Task, words: Wording, made: Items, lens: Lens, phrases: Phrases, start: int
) -> str:
    how = [transcript_wanted(task, lens)] if lens.transcript else []
    asked = body(words, phrases, made, task.separator, lens, how, start)
    return "Question: " + "\n\n".join([asked] * lens.repeat) + "\nAnswer:"


def _plain_examples(
    task: Task,
    words: Wording,
    made: Items,
    mode: str,
    lens: Lens,
    phrases: Phrases,
    identity: Identity,
) -> Iterator[str]:
    for number in range(shots_of(mode, task.shots)):
        example = _example(task, made, ("plain example", number, *identity), None)
        answer = _worked_answer(task, example, lens)
        yield f"{_plain(task, words, example, lens, phrases, number)} {answer}\n\n"


def _worked_answer(task: Task, example: Items, lens: Lens) -> str:
    """What a plain example answers, with what the lens wants written before it."""
    if lens.transcript:
        lines = transcript(task, example, lens)
        copied = copies_in_parts(task, lens)
        return f"{lines}" if copied else f"{lines}\nThe final answer is: {example.truth}"
    if lens.reason:
        assert task.work is not None  # without it, the lens is refused
        return f"{task.work(example, task.separator)}\nThe final answer is: {example.truth}"
    if task.answer == "sequence":
        return lens.answer(example.items, task.separator)
    return example.truth


def _worked_examples(
    task: Task, words: Wording, made: Items, lens: Lens, phrases: Phrases, identity: Identity
) -> str:
    assert task.work is not None  # without it, a task has no such mode
    shots = [f"{phrases.think} Here are a few examples:"]
    for number, length in enumerate(WORKED_LENGTHS):
        example = _example(task, made, ("example", number, *identity), length)
        shots += [
            words.intros[number % len(words.intros)].format(
                seq=lens.render(example.items, task.separator)
            ),
            words.questions[number % len(words.questions)].format(asked=example.asked),
            transcript(task, example, lens)
            if lens.transcript
            else task.work(example, task.separator),
            f"The final answer is: {example.truth}\n",
        ]
    return "\n".join(shots) + "\n"


def _example(task: Task, made: Items, label: tuple[str | int, ...], length: int | None) -> Items:
    """A sequence with another answer than the trial's.

    For one symbol, it is not the trial's decoy either: of two symbols seen, an example that
    answered with one would point at the other.
    """
    taken = {made.truth, made.decoy} if task.answer == "symbol" else {made.truth}
    for tried in count():
        if tried == _MOST_TRIES:
            raise InputError(
                f"task {task.name} gives no example with another answer than {made.truth!r}; "
                "ask it in direct or cot mode"
            )
        draw = Draw(*label, *([tried] if tried else []))
        # Where the length is the answer, another draw of that length is no other answer.
        n = draw.pick(PLAIN_LENGTHS) if length is None else length + tried // _TRIES_PER_LENGTH
        example = task.generate(draw, n)
        if example.truth not in taken:
            return example
    raise AssertionError
