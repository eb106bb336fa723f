"""Lenses by name: one spelling for one lens, and a clear word about what is none."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.store.plan import Plan
from snellen.tasks.lenses import LENSES, STANDARD, TERMS, find_lens

from .drawn import TERM


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("none", "none"),
        ("none+hint", "hint"),
        ("group3", "comma:3"),
        ("group10+hint", "comma:10+hint"),
        ("comma:1", "comma"),
        ("comma:1:right", "comma"),
        ("comma:03", "comma:3"),
        ("pipe:4:left", "pipe:4"),
        ("repeat:2", "repeat"),
        ("repeat_sequence:2+repeat:3", "repeat:3+repeat_sequence"),
        (" question_first + comma:3 ", "comma:3+question_first"),
        ("hint+hint", "hint"),
        ("question_last", "none"),
        ("comma+question_last", "comma"),
    ],
)
def test_one_lens_has_one_spelling(written: str, spelt: str) -> None:
    assert find_lens(written).name == spelt
    assert find_lens(written) is find_lens(written)
    assert find_lens(spelt).name == spelt


@given(st.lists(TERM, min_size=1, max_size=4))
def test_the_order_of_terms_does_not_matter(terms: list[str]) -> None:
    found = set()
    for order in permutations(terms):
        try:
            found.add(find_lens("+".join(order)))
        except InputError:
            found.add(None)  # type: ignore[arg-type]
    assert len(found) == 1
    (lens,) = found
    if lens is not None:
        assert find_lens(lens.name) == lens
        assert lens.name.count("+") < len(terms)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("monocle", "unknown lens 'monocle'; there are: none, comma[:K[:right]],"),
        ("comma+monocle", "unknown lens 'monocle'"),
        ("tab:3", "unknown lens 'tab:3'"),
        ("", "a term is missing"),
        ("comma+", "a term is missing"),
        ("comma:0", "the size of a group is a whole number from 1 to 1000000, not '0'"),
        ("comma:-3", "not '-3'"),
        ("comma:三", "not '三'"),
        ("comma:9999999", "from 1 to 1000000"),
        ("comma:" + "9" * 5000, "from 1 to 1000000"),
        ("newline:3:up", "write newline:K, newline:K:left or newline:K:right"),
        ("brackets", "write brackets:K"),
        ("hint:3", "hint takes no parameter"),
        ("repeat:1", "how often it is said is a whole number from 2"),
        ("repeat:2:3", "write repeat:K"),
        ("filler", "write filler:K"),
        ("filler:0", "words is a whole number from 1"),
        ("partition", "write partition:K"),
        ("partition:0", "the size of a part is a whole number from 1"),
        ("vocabulary:1", "from 2"),
        ("effort", "write effort:LEVEL"),
        ("effort:hard", "where LEVEL is none, minimal, low, medium, high"),
        ("comma+pipe", "'comma' and 'pipe' contradict each other"),
        ("comma:3+newline:10", "contradict each other"),
        ("comma:3+comma:4", "contradict each other"),
        ("comma+comma:3", "contradict each other"),
        ("partition:3+comma:3", "contradict each other"),
        ("partition:3+enumerate", "contradict each other"),
        ("brackets:3+newline:3", "contradict each other"),
        ("question_first+question_both", "contradict each other"),
        ("question_first+question_last", "contradict each other"),
        ("question_last+question_first", "contradict each other"),
        ("letters+words", "contradict each other"),
        ("effort:low+effort:high", "contradict each other"),
        ("pipe+partition:3", "marks nothing"),
    ],
)
def test_what_is_no_lens_is_said_in_a_line(spec: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        find_lens(spec)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_keeps_the_one_spelling_and_old_plans_theirs() -> None:
    plan = Plan(model="m", tasks="copy_last", lenses="none, group3,hint+comma:3,comma:3+hint")
    assert plan.lenses == ("none", "comma:3", "comma:3+hint")
    assert [curve.lens for curve in plan.curves()] == list(plan.lenses)
    kept = plan.model_dump_json().replace('"comma:3"', '"group3"')
    from snellen.store.plan import KEPT

    assert Plan.model_validate_json(kept, context=KEPT).lenses[1] == "group3"


def test_every_standard_lens_is_one_of_the_terms() -> None:
    assert list(LENSES)[: len(STANDARD) + 1] == ["none", *STANDARD]
    assert {name.partition(":")[0] for name in STANDARD} <= set(TERMS)
    assert all(find_lens(name) == LENSES[name] for name in STANDARD)
