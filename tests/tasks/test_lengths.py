"""Lengths as users write them."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.tasks.lengths import LONGEST, MOST_LENGTHS, parse_lengths


@pytest.mark.parametrize(
    ("spec", "lengths"),
    [
        ("1,2,5", (1, 2, 5)),
        (" 5, 2,2 ", (2, 5)),
        ("7", (7,)),
        (7, (7,)),
        ("5:25:10", (5, 15, 25)),
        ("5:24:10", (5, 15)),
        ("3:5", (3, 4, 5)),
        ("4:4:1", (4,)),
        ("log:1:128:8", (1, 2, 4, 8, 16, 32, 64, 128)),
        ("log:1:4:10", (1, 2, 3, 4)),
        ("log:9:9:1", (9,)),
        ([16, 1, 4.0], (1, 4, 16)),
    ],
)
def test_lengths_are_read(spec: Any, lengths: tuple[int, ...]) -> None:
    assert parse_lengths(spec) == lengths


@pytest.mark.parametrize(
    "spec",
    [
        "", " ", ",", "0", "-3", "1,0", "1.5", "one", "1;2", "5:1", "200:5:10", "5:20:0", "5:20:-1",
        "0:5:1", "log:0:9:3", "log:9:1:3", "log:1:9:0", "log:1:9", "log:1:9:3:1", "1:2:3:4", ":",
        "log:", "1e3", [], [0], [-1, 4], [1.5], ["one"], [None], [True], [math.nan], [math.inf], 0,
        1.5, None,
    ],
)  # fmt: skip
def test_bad_lengths_are_refused(spec: Any) -> None:
    with pytest.raises(InputError) as caught:
        parse_lengths(spec)
    assert "\n" not in str(caught.value)


@given(start=st.integers(1, 5000), span=st.integers(0, 5000), count=st.integers(1, 40))
def test_log_spaced_lengths_span_the_range_evenly(start: int, span: int, count: int) -> None:
    found = parse_lengths(f"log:{start}:{start + span}:{count}")
    assert found[0] == start
    assert count == 1 or found[-1] == start + span
    assert list(found) == sorted(set(found))
    assert len(found) <= count


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        assert min(parse_lengths(text)) >= 1


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("1:1000000000:1", "goes up to 1,000,000,000 items; the longest that can be built is"),
        ("1:5000000", "is 5,000,000 lengths; at most 100,000 fit, so take a larger step, or a few "
                      "over the same range: log:1:5000000:20"),
        ("log:1:128:1000000000", "is 1,000,000,000 lengths; at most 100,000 fit"),
        ("log:1:1000000000:10", "goes up to 1,000,000,000 items"),
        ("1000000000", "goes up to 1,000,000,000 items"),
        (10**400, "goes up to 1"),
        ([1, 1e300], "goes up to 1"),
        (range(1, MOST_LENGTHS + 2), "is 100,001 lengths"),
    ],
)  # fmt: skip
def test_what_would_not_fit_is_refused_before_it_is_built(spec: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_lengths(spec)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_fits_is_built() -> None:
    assert len(parse_lengths(f"1:{MOST_LENGTHS}")) == MOST_LENGTHS
    assert parse_lengths(f"log:1:{LONGEST}:3") == (1, 3162, LONGEST)
    assert parse_lengths(f"{LONGEST}") == (LONGEST,)
