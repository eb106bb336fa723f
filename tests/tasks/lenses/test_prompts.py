"""Every lens on every task: the truth stays, the items stay, and nothing is given away."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.tasks.lenses import TERMS, Lens, find_lens
from snellen.tasks.lenses.phrasing import neutral_text
from snellen.tasks.lenses.symbols import ALPHABETS
from snellen.tasks.modes import MODES
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.trial import Trial, applies, build_trial, check_applies, rebuild_trial

from ..prompt_reader import answer_to, items_of, last_question, shown
from .drawn import lenses

OWN = [task for task in TASKS.values() if task.family in FAMILIES]
IDS = st.tuples(st.integers(1, 60), st.integers(0, 500), st.integers(0, 2**32))


def items(trial: Trial) -> list[str]:
    """The items that stand in the last question of a prompt."""
    seq, _ = shown(last_question(trial.prompt, trial.id.lens))
    if trial.facts.kind == "code":
        return re.findall(r"[a-z]+: \d+", seq)
    return items_of(seq, letters="letters" in trial.id.lens)


@settings(max_examples=400)
@given(lens=lenses(), task=st.sampled_from(OWN), mode=st.sampled_from(MODES), identity=IDS)
def test_truth_and_items_stay(
    lens: Lens, task: object, mode: str, identity: tuple[int, int, int]
) -> None:
    assert task in OWN
    of = next(one for one in OWN if one is task)
    assume(applies(of, mode, lens.name))
    worn = build_trial(of, mode, lens.name, *identity)
    bare = build_trial(of, mode, "none", *identity)
    assert worn == rebuild_trial(worn.id)
    assert answer_to(worn.prompt, lens.name) == worn.truth, worn.prompt
    assert worn.sequence in worn.prompt
    assert "{" not in worn.prompt
    there, before = items(worn), items(bare)
    if not (lens.symbols or lens.vocabulary):
        assert (there, worn.truth) == (before, bare.truth)
        return
    # Other symbols, the same question: each stands where the same one stood before.
    assert len(there) == len(before) == worn.id.length
    names = dict(zip(there, before, strict=True))
    assert [names[item] for item in there] == before
    assert set(there) <= set(ALPHABETS[lens.symbols] if lens.symbols else "0123456789")
    if not lens.vocabulary:
        assert Counter(there).values() == Counter(before).values() or Counter(
            names.values()
        ) == Counter(set(before))
    told = " ".join(names[item] for item in worn.truth.split()) if of.answer != "number" else ""
    assert (told or worn.truth) == bare.truth


def numbers_said(trial: Trial) -> list[str]:
    """Numbers of two digits and more in a question, runs of one digit left out."""
    question = last_question(trial.prompt, trial.id.lens)
    return re.findall(r"\d{2,}", re.sub(r"(?<!\d)(\d)\1*(?!\d)", "", question))


@settings(max_examples=200)
@given(lens=lenses(), name=st.sampled_from(["count_ones", "count_word", "sum_ones"]),
       mode=st.sampled_from(MODES), index=st.integers(0, 500))  # fmt: skip
def test_no_number_in_the_prompt_is_the_length(
    lens: Lens, name: str, mode: str, index: int
) -> None:
    """57 items, numbered or counted along, would say 57: such a lens is refused for counting."""
    assume(applies(TASKS[name], mode, lens.name))
    assert "57" not in numbers_said(build_trial(TASKS[name], mode, lens.name, 57, index, 0))


def test_the_check_finds_a_numbered_list() -> None:
    assert "57" in numbers_said(build_trial(TASKS["copy_last"], "direct", "numbered", 57, 0, 0))


@pytest.mark.parametrize("text", [neutral_text(n, start) for n in (1, 5, 200) for start in (0, 3)])
def test_neutral_text_names_nothing_that_is_asked_for(text: str) -> None:
    words = set(text.lower().strip(".").split())
    assert not re.search(r"\d", text)
    symbols = {one for alphabet in ALPHABETS.values() for one in alphabet}
    symbols |= {build_trial(TASKS["count_word"], "direct", "none", 1, i, 0).truth for i in range(9)}
    asked = {build_trial(TASKS["count_word"], "direct", "none", 1, i, 0).facts.asked
             for i in range(200)}  # fmt: skip
    assert len(asked) == 10
    assert not words & (symbols | asked)


def test_neutral_text_has_so_many_words() -> None:
    for words in (1, 7, 99, 1000):
        assert len(neutral_text(words, 5).split()) == words
    assert neutral_text(9, 0) != neutral_text(9, 1)


@pytest.mark.parametrize("term", [name for name in TERMS if name.startswith(("logn", "effort"))])
def test_what_does_not_touch_the_prompt_leaves_it(term: str) -> None:
    lens = find_lens({"effort": "effort:low"}.get(term, term))
    assert not lens.changes_prompt
    for task in TASKS.values():
        worn = build_trial(task, "direct", lens.name, 9, 0, 0)
        assert worn.prompt == build_trial(task, "direct", "none", 9, 0, 0).prompt
        assert worn.id.lens == lens.name


REFUSED = [
    ("numbered", "count_ones", "give it away"), ("numbered", "sum_ones", "give it away"),
    ("numbered", "count_word", "give it away"), ("joined", "count_word", "several characters"),
    ("space:3", "count_word", "several characters"), ("joined+nonwords", "copy_last", "several"),
    ("space", "count_ones", "stand so without a lens"), ("semicolon", "lookup", "stand so"),
    ("semicolon:3", "lookup", "what stands between its items anyway"),
    ("letters", "sum_digits", "no others can take"), ("words", "lookup", "no others can take"),
    ("vocabulary:3", "count_ones", "cannot vary"), ("vocabulary:3", "copy_sequence", "cannot vary"),
    ("vocabulary:6", "count_ones_bernoulli", "at most 5 can stand in one sequence; letters and"),
    ("vocabulary:9+letters", "copy_last", "at most 8"), ("enumerate", "lookup", "count along"),
]  # fmt: skip


@pytest.mark.parametrize(("lens", "task", "why"), REFUSED)
def test_what_a_task_cannot_take_is_refused_with_those_that_can(
    lens: str, task: str, why: str
) -> None:
    assert not applies(TASKS[task], "direct", lens)
    with pytest.raises(InputError) as caught:
        check_applies(TASKS[task], "direct", lens)
    said = str(caught.value)
    assert why in said
    if "; tasks that can: " in said:
        able = said.rpartition("; tasks that can: ")[2].split(", ")
        assert able
        for name in able:
            build_trial(TASKS[name], TASKS[name].modes[0], lens, 9, 0, 0)
    else:
        assert lens in ("joined+nonwords", "vocabulary:6") or "at most" in said


@pytest.mark.parametrize("lens", ["partition:3", "enumerate", "reason"])
def test_a_transcript_leaves_no_room_for_a_forced_answer(lens: str) -> None:
    for answer in ("forced", "choice"):
        assert not applies(TASKS["copy_last"], "direct", lens, answer)
        with pytest.raises(InputError, match="leaves no room"):
            check_applies(TASKS["copy_last"], "direct", lens, answer)
    assert applies(TASKS["copy_last"], "direct", lens)
    assert applies(TASKS["copy_last"], "cot", lens) == (lens != "reason")
