"""Pairs: what they hold, how they are framed, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from snellen.errors import InputError
from snellen.probes.states.kinds import KINDS, PAPER_KINDS, find_kind
from snellen.probes.states.pairs import build_prompts


def texts(tokenizer: Any, name: str, n: int, **options: Any) -> tuple[str, str]:
    prompts = build_prompts(tokenizer, KINDS[name], [n], context=500, **options)
    pair = prompts.pairs[0]
    return tokenizer.decode(list(pair.short)), tokenizer.decode(list(pair.long))


@pytest.mark.parametrize(
    ("name", "short", "long"),
    [
        ("count_ones", "1111", "11111"),
        ("copy_ones", "1111", "11111"),
        ("last_digit", "1111", "11111"),
        ("copy_commas", "111,1", "111,11"),
        ("commas_right", "1,111", "11,111"),
        ("commas_every", "1,1,1,1", "1,1,1,1,1"),
        ("changed_last", "1111", "11110"),
        ("identical", "1111", "1111"),
        ("constant", "1111", "11111"),
    ],
)
def test_sequences_word_for_word(tokenizer: Any, name: str, short: str, long: str) -> None:
    got = texts(tokenizer, name, 4)
    lead = KINDS[name].question
    assert [t.rsplit(" ", 1)[-1] if lead else t for t in got] == [short, long]
    assert all(
        len(t) == len(lead) + bool(lead) + len(s) for t, s in zip(got, (short, long), strict=True)
    )


def test_right_aligned_groups_move_every_comma_and_left_ones_none(tokenizer: Any) -> None:
    assert texts(tokenizer, "commas_right", 6)[0].endswith(" 111,111")
    assert texts(tokenizer, "commas_right", 6)[1].endswith(" 1,111,111")
    assert texts(tokenizer, "copy_commas", 6)[0].endswith(" 111,111")
    assert texts(tokenizer, "copy_commas", 6)[1].endswith(" 111,111,1")


@pytest.mark.parametrize("name", ["count_sampled", "near_repeats"])
def test_random_kinds_repeat_their_last_one_and_nest(tokenizer: Any, name: str) -> None:
    prompts = build_prompts(
        tokenizer, KINDS[name], [3, 40], context=500, repetitions=4, seed=7, step=2
    )
    assert [(p.length, p.repetition) for p in prompts.pairs] == [
        (n, r) for n in (3, 40) for r in range(4)
    ]
    one = tokenizer.encode("1")[0]
    for p in prompts.pairs:
        assert p.long == (*p.short, one, one)
        assert p.short[-1] == one
    by_repetition = prompts.pairs[0], prompts.pairs[4]
    assert by_repetition[1].short[: len(by_repetition[0].short) - 1] == by_repetition[0].short[:-1]
    assert len({p.short for p in prompts.pairs if p.length == 40}) == 4


def test_seeds_draw_other_digits(tokenizer: Any) -> None:
    drawn = {texts(tokenizer, "count_sampled", 40, seed=seed) for seed in range(5)}
    assert len(drawn) == 5


def test_step_three_keeps_the_phase_of_the_commas(tokenizer: Any) -> None:
    short, long = texts(tokenizer, "copy_commas", 4, step=3)
    assert (short[-5:], long[-9:]) == ("111,1", "111,111,1")


def test_bos_with_and_without(bos_tokenizer: Any) -> None:
    bos = bos_tokenizer.bos_token_id

    def first(**options: Any) -> int:
        prompts = build_prompts(bos_tokenizer, KINDS["count_ones"], [2], context=99, **options)
        return prompts.pairs[0].short[0]

    assert first(bos=True) == bos
    assert first(bos=False) != bos
    assert first() != bos  # this tokenizer adds none by itself


def test_bare_ones_have_no_bos(bos_tokenizer: Any) -> None:
    prompts = build_prompts(bos_tokenizer, KINDS["constant"], [3], context=99, bos=True)
    assert len(set(prompts.pairs[0].short)) == 1


def test_chat_template_closes_after_the_sequence(tokenizer: Any) -> None:
    tokenizer.chat_template = "user {{ messages[0]['content'] }}. answer"
    short, long = texts(tokenizer, "count_ones", 3, template="chat")
    assert short.startswith("user H")
    assert short.endswith("? 111. answer")
    assert long.endswith("? 1111. answer")


def test_merged_symbols_are_handled_by_ids_and_said(merging_tokenizer: Any) -> None:
    prompts = build_prompts(merging_tokenizer, KINDS["count_ones"], [1, 4, 6], context=99)
    one = merging_tokenizer.encode("1")[0]
    assert [p.short.count(one) for p in prompts.pairs] == [1, 4, 6]
    assert prompts.as_text == pytest.approx(1 / 3)
    assert "merges repeated symbols" in prompts.note


def test_text_spelling_is_noticed(tokenizer: Any) -> None:
    for name in PAPER_KINDS:
        prompts = build_prompts(tokenizer, KINDS[name], [1, 9], context=200)
        assert prompts.as_text == 1
        assert "as the tokenizer spells" in prompts.note


def test_what_is_refused(tokenizer: Any) -> None:
    ones = KINDS["count_ones"]
    with pytest.raises(InputError, match=r"unknown pair 'ones' in --pairs: choose from count_ones"):
        find_kind("ones")
    with pytest.raises(InputError, match=r"length 60 of count_ones takes 107 tokens .* holds 100"):
        build_prompts(tokenizer, ones, [5, 60, 70], context=100)
    with pytest.raises(InputError, match="no BOS token"):
        build_prompts(tokenizer, ones, [2], context=99, bos=True)
    with pytest.raises(InputError, match="no chat template"):
        build_prompts(tokenizer, ones, [2], context=99, template="chat")


def test_symbol_without_a_token_is_refused(tokenizer: Any) -> None:
    # "9" exists, but a tokenizer that spells a digit as unknown must not be measured.
    blind = type("Blind", (), {})()
    blind.encode = lambda text, add_special_tokens=True: [0 for _ in text]
    blind.decode = lambda ids: "<unk>"
    blind.bos_token_id = None
    with pytest.raises(InputError, match="no single token for '1'"):
        build_prompts(blind, KINDS["count_ones"], [2], context=99)
