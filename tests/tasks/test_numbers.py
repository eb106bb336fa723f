"""Reading numbers: digits in the ways that models write them, and English words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.reading.numbers import (
    LIST,
    NUMBER,
    spell_out_digits,
    spelled_to_integer,
    to_integer,
)

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def speller(n: int, hyphen: str, joiner: str) -> str:
    """English for n below a million, written independently of the parser."""
    if n < 20:
        return SMALL[n]
    if n < 100:
        return TENS[n // 10] + (hyphen + SMALL[n % 10] if n % 10 else "")
    scale, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % scale
    between = joiner if rest < 100 else " "
    head = f"{speller(n // scale, hyphen, joiner)} {name}"
    return head + (between + speller(rest, hyphen, joiner) if rest else "")


@pytest.mark.parametrize("joiner", [" ", " and "])
@pytest.mark.parametrize("hyphen", ["-", " "])
def test_spelled_numbers_come_back(hyphen: str, joiner: str) -> None:
    for n in range(10_000):
        words = speller(n, hyphen, joiner)
        assert spelled_to_integer(words) == n
        assert spell_out_digits(f"It is {words}.") == f"It is {n}."
        assert spell_out_digits(words.capitalize()) == str(n)


@given(st.integers(10_000, 999_999))
def test_larger_spelled_numbers_come_back(n: int) -> None:
    assert spell_out_digits(speller(n, "-", " and ")) == str(n)


@pytest.mark.parametrize("text", ["someone", "weight", "often", "stone", "tenfold", "fortyish"])
def test_words_inside_words_are_no_numbers(text: str) -> None:
    assert spell_out_digits(text) == text


@given(st.integers(0, 10**7 - 1), st.sampled_from([",", "_", "\u00a0", "\u202f"]))
def test_thousands_separators_come_back(n: int, separator: str) -> None:
    written = f"{n:,}".replace(",", separator)
    assert NUMBER.fullmatch(written)
    assert to_integer(written) == n


@given(
    st.integers(1 - 10**7, 10**7 - 1), st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"])
)
def test_digits_of_any_script_come_back(n: int, digits: str) -> None:
    written = str(n).translate(str.maketrans("0123456789", digits))
    assert to_integer(written) == n
    assert to_integer(written.replace("-", "−")) == n


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("42.0", 42), ("42.000", 42), ("4.5", None), ("0.5", None), ("-7", -7), ("+7", 7),
        ("9" * 7, 10**7 - 1), ("-" + "9" * 7, 1 - 10**7), ("9" * 8, None), ("1" * 10_000, None),
    ],
)  # fmt: skip
def test_what_is_no_count_is_none(token: str, value: int | None) -> None:
    assert to_integer(token) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,024", ["1,024"]),
        ("12,34", []),
        ("3/4 and 2024/12/31", []),
        ("v2 x2 2nd", []),
        ("(42)", ["42"]),
        ("42.", ["42"]),
        ("n=42;", ["42"]),
        ("1.2.3", []),
    ],
)
def test_where_a_number_begins_and_ends(text: str, found: list[str]) -> None:
    assert NUMBER.findall(text) == found


@pytest.mark.parametrize(
    ("text", "is_list"),
    [
        ("1 1 1", True), ("1, 2, 3", True), ("1 + 1 + 1", True), ("(1 1 1), (1)", True),
        ("[1, 0, 1]", True), ("1\n2\n3", True), ("1 + 1", True), ("7 0", True),
        ("7\n0", False), ("7 (0)", False), ("4 of 5 in 6", False),
        ("1,024", False), ("1,000,000", False), ("1,234,567,890, or so", False),
        ("1,000, 2, 3", True), ("100, 200, 300", True),
    ],
)  # fmt: skip
def test_what_is_a_list(text: str, is_list: bool) -> None:
    assert bool(LIST.search(text)) == is_list


# Every one of these grows a hundredfold; a pattern that backtracks exponentially never ends, and
# one that does so quadratically does 10,000 times the work.
HOSTILE = [
    "1 +", "1,111", "1,", "one ", "one hundred ", "one thousand ", "twenty-", "-", "+1 ", "1 1\t",
    "one thousand and ", "one" + " " * 50, "1" + " " * 50, "1 +1 -1", "((1", "1_111",
]  # fmt: skip


@pytest.mark.parametrize("tail", ["", "a", "1a", ".5", " x"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_input_ends(unit: str, tail: str) -> None:
    text = unit * 2000 + tail
    assert isinstance(spell_out_digits(text), str)
    assert all(re.search(r"\d", found) for found in NUMBER.findall(text))
    LIST.search(text)
