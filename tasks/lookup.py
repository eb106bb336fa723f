"""Looking up: n records ``key: value``, and the value of one key, whose depth is drawn.

The other keys differ from the asked one in all places, or, in ``lookup_near``, in as few as can
be: one place while there are such keys (150 of them), then two, and so on.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from .chance import one_of_n_guess
from .draw import Draw
from .prompts.wording import Wording, ways_to_ask_for_only
from .prompts.worked import GROUP, grouped
from .task import Items, Task

LETTERS = 26
PLACES = 6
LEAST, MOST = 10_000, 99_999
"""Values have five digits, and none begins with a zero."""


def records(draw: Draw, n: int, near: bool = False) -> Items:
    """n records in random order; no other record has the asked key or its value."""
    asked = np.array([draw.below(LETTERS) for _ in range(PLACES)], dtype=np.uint8)
    truth = LEAST + draw.below(MOST - LEAST + 1)
    others = _near(draw, asked, n - 1) if near else _unlike(draw, asked, n - 1, PLACES)
    # One value fewer to draw from, so that the truth is passed over.
    values = LEAST + (draw.uniforms(n - 1) * (MOST - LEAST)).astype(int)
    values += values >= truth
    place = draw.below(n)
    (key,) = _letters(asked[None, :])
    keys = _letters(others)
    keys.insert(place, key)
    said = [*map(str, values.tolist())]
    said.insert(place, str(truth))
    return Items(
        tuple(map(": ".join, zip(keys, said, strict=True))),
        str(truth),
        asked=key,
        values=tuple(said),
        notes={"depth": (place + 0.5) / n},
    )


def near_records(draw: Draw, n: int) -> Items:
    """Records whose keys are as like the asked one as can be."""
    return records(draw, n, near=True)


Keys = npt.NDArray[np.uint8]
"""Keys, shape (keys, places): letters as numbers from 0."""


def _near(draw: Draw, asked: Keys, count: int) -> Keys:
    layers: list[Keys] = []
    for distance in range(1, PLACES + 1):
        there_are = comb(PLACES, distance) * (LETTERS - 1) ** distance
        taken = min(count - sum(len(layer) for layer in layers), there_are)
        layers.append(_unlike(draw, asked, taken, distance))
    order = np.argsort(draw.uniforms(count), kind="stable")
    return np.concatenate(layers)[order]


def _unlike(draw: Draw, asked: Keys, count: int, places: int) -> Keys:
    """Different keys that differ from the asked one in just so many places, in random order."""
    if not count:
        return np.empty((0, PLACES), dtype=np.uint8)
    where = np.array(list(combinations(range(PLACES), places)))
    kinds = (LETTERS - 1) ** places
    there_are = len(where) * kinds
    if 2 * count > there_are:  # all of them shuffled: drawing until none is left would be long
        codes = np.argsort(draw.uniforms(there_are), kind="stable")[:count]
    else:
        codes = np.empty(0, dtype=np.int64)
        while len(codes) < count:
            more = (draw.uniforms(count - len(codes)) * there_are).astype(np.int64)
            codes = np.concatenate([codes, more])
            codes = codes[np.sort(np.unique(codes, return_index=True)[1])]
    keys = np.tile(asked, (count, 1))
    at, code = np.divmod(codes, kinds)
    row = np.arange(count)
    for column in range(places):
        code, step = np.divmod(code, LETTERS - 1)
        if len(where) == 1:  # every key differs in the same places: no need to look them up
            place = where[0, column]
            keys[:, place] = (asked[place] + 1 + step) % LETTERS
        else:
            places_here = where[at, column]
            keys[row, places_here] = (asked[places_here] + 1 + step) % LETTERS
    return keys


def _letters(keys: Keys) -> list[str]:
    as_bytes = np.ascontiguousarray(keys + np.uint8(ord("a")))
    text = as_bytes.tobytes().decode()
    return [text[at : at + PLACES] for at in range(0, len(text), PLACES)]


def look_through_groups(made: Items, separator: str) -> str:
    """Look for the key group by group."""
    return (
        f"We divide the records into groups of {GROUP} and look for the key {made.asked}.\n"
        f"{grouped(made.items, separator, ' ')}\n"
        f"The record is {made.asked}: {made.truth}"
    )


LOOKUP = Wording(
    intros=(
        "Here are some records: {seq}",
        "Consider the following records: {seq}",
        "Records: {seq}",
        "Look at these records: {seq}",
        "You are given the following records: {seq}",
        "These are the records: {seq}",
    ),
    questions=(
        "What is the value of {asked}?",
        "Which value belongs to the key {asked}?",
        "What value is recorded for {asked}?",
        "Give the value of the key {asked}.",
        "Find the value that stands beside {asked}.",
        "Tell me the value of {asked}.",
        "Look up the value of {asked}.",
        "Please give the value for the key {asked}.",
    ),
    bare=ways_to_ask_for_only("value"),
    noun="the value",
    hint="Hint: other keys may look alike, compare all letters of the key.",
)

TASKS = (
    Task(
        "lookup",
        "n records, keys that differ in all places; the value of one",
        records,
        LOOKUP,
        answer="code",
        family="lookup",
        separator="; ",
        work=look_through_groups,
        guess=one_of_n_guess,
        codes=(LEAST, MOST),
    ),
    Task(
        "lookup_near",
        "n records, keys that differ in one place; the value of one",
        near_records,
        LOOKUP,
        answer="code",
        family="lookup",
        separator="; ",
        work=look_through_groups,
        guess=one_of_n_guess,
        codes=(LEAST, MOST),
    ),
)
