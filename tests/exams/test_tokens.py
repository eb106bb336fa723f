"""Tokenisation made visible: counted against a tokenizer whose merges are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from snellen.cli.main import main
from snellen.errors import InputError
from snellen.exams.tokens import Tokenised, tokenised
from snellen.tasks.task import DIGITS


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tokenizer that knows single characters, and every digit twice and four times as one."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    signs = [*DIGITS, *" ,\n|+[]", *"abcdefghijklmnopqrstuvwxyz"]
    merges = [(d, d) for d in DIGITS] + [(d * 2, d * 2) for d in DIGITS]
    known = [*signs, *(d * 2 for d in DIGITS), *(d * 4 for d in DIGITS), "?"]
    vocabulary = {token: number for number, token in enumerate(known)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="?"))
    folder = tmp_path_factory.mktemp("tokenizer")
    PreTrainedTokenizerFast(tokenizer_object=made, unk_token="?").save_pretrained(folder)
    return f"hf/{folder}"


def of(model: str, lens: str, task: str = "count_ones", length: int = 10) -> Tokenised:
    (one,) = tokenised(model, [task], [lens], length)
    return one


def test_fused_items_are_counted_and_shown(pairs: str) -> None:
    # Ten equal digits: two tokens of four and one of two.
    joined = of(pairs, "joined")
    assert (joined.tokens, joined.per_item, joined.fused, joined.split) == (3, 0.3, 1.0, 0.0)
    assert [len(piece) for piece in joined.example.split("│")] == [4, 4, 2]
    # In groups of three: a pair and a single one, three times; then one alone.
    grouped = of(pairs, "space:3")
    assert (grouped.tokens, grouped.fused, grouped.split) == (10, 0.6, 0.0)
    assert grouped.example.count("·") == 3
    bare = of(pairs, "none")
    assert (bare.tokens, bare.fused, bare.split) == (19, 0.0, 0.0)


def test_items_of_several_tokens_are_counted(pairs: str) -> None:
    letters, words = of(pairs, "letters"), of(pairs, "nonwords", length=4)
    assert (letters.fused, letters.split) == (0.0, 0.0)
    assert (words.fused, words.split) == (0.0, 1.0)
    assert words.per_item > 8


def test_the_numbers_of_items_are_not_items(pairs: str) -> None:
    # "[11]" is fused, the item behind it stands alone.
    numbered = of(pairs, "numbered", task="copy_last", length=12)
    assert (numbered.fused, numbered.split) == (0.0, 0.0)


def test_what_cannot_be_shown_is_said(pairs: str) -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: tokenised("gemini/m", ["count_ones"]), "cannot be looked into"),
        (lambda: tokenised(pairs, ["count_ones"], ["numbered"]), "none of the tasks count_ones"),
        (lambda: tokenised("hf/no/such-tokenizer", ["count_ones"]), "no tokenizer of no/such"),
        (lambda: tokenised(pairs, ["count_ones"], ["monocle"]), "unknown lens"),
    ]
    for call, says in calls:
        with pytest.raises(InputError, match=says):
            call()


def test_the_command_shows_a_row_per_task_and_lens(
    pairs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["tasks", "--tokens", pairs, "--tasks", "count_ones,copy_last", "--length", "8"]
    assert main([*words, "--lens", "none,joined,numbered"]) == 0
    rows = [line for line in capsys.readouterr().out.split("\n") if "%" in line]
    assert len(rows) == 5  # numbered is refused for the first
    assert main([*words[:-1], "0"]) == 2
    assert "a length is 1 or more" in capsys.readouterr().err
