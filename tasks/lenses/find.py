"""Lenses by name: terms combined with ``+``, in one spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import combinations
from typing import Any

from ...errors import InputError
from ..catalogue import Catalogue
from . import effort, inside, phrasing, separators, symbols, transcripts
from .lens import Lens
from .term import Term

NONE = Lens("none", "the prompt as it is")

TERMS: dict[str, Term] = {
    term.name: term
    for part in (separators, symbols, phrasing, transcripts, effort, inside)
    for term in part.TERMS
}
"""Snellen's own terms by name, in the order in which a combined lens names them."""

_OLD = {"group3": "comma:3", "group10": "comma:10"}
"""What old runs call lenses that are written otherwise today."""

STANDARD = (
    "comma", "newline", "comma:3", "comma:10", "hint", "question_first", "question_both", "repeat",
    "partition:10", "enumerate",
)  # fmt: skip
"""The lenses that are tried where none are named."""


def combine(parts: Sequence[Lens]) -> Lens:
    """One lens out of several that do not contradict each other.

    Raises:
        InputError: two of them set the same thing.
    """
    if not parts:
        return NONE
    made: dict[str, Any] = {}
    by: dict[str, str] = {}
    for part in parts:
        for name, value in _set(part):
            if name == "inside" and "inside" in made:
                value = (*made["inside"], *value)
            elif name in made:
                raise _contradiction(by[name], part.name)
            made[name], by[name] = value, part.name
    whole = Lens("+".join(part.name for part in parts), "; ".join(p.summary for p in parts), **made)
    if whole.mark is not None and whole.mark == whole.separator:
        raise InputError(
            f"lens {whole.name!r}: the mark after every {whole.every} items is what stands between "
            "all of them, and marks nothing; leave one of the two out"
        )
    return whole


def _set(lens: Lens) -> list[tuple[str, Any]]:
    """The fields that a lens sets, with their values."""
    found = [(one.name, getattr(lens, one.name), one.default) for one in fields(lens)]
    return [(name, value) for name, value, usual in found[2:] if value != usual]


def _contradiction(first: str, second: str) -> InputError:
    return InputError(
        f"lenses {first!r} and {second!r} contradict each other: both settle the same thing; "
        "give one of them"
    )


def _term(text: str) -> Lens:
    name, *given = text.split(":")
    if name in TERMS:
        return TERMS[name].make(given)
    if text in LENSES.plugged:
        return LENSES[text]
    if name in LENSES.plugged:
        raise InputError(f"lens {text!r}: {name}, of a plug-in, takes no parameter")
    known = ", ".join([*(term.written for term in TERMS.values()), *LENSES.plugged])
    raise InputError(f"unknown lens {text!r}; there are: none, {known}; combine them with +")


@lru_cache(maxsize=4096)
def find_lens(spec: str) -> Lens:
    """The lens that a text names: terms combined with ``+``, each with its parameters.

    Its ``name`` is the one spelling of the lens: terms in a fixed order, what goes without saying
    left out, old names (``group3``) in today's words. Plug-ins' lenses come last, in the order
    given, since each changes what the one before it has made.

    Raises:
        InputError: there is no such lens, a parameter is wrong, or two terms contradict each other.
    """
    words = [word.strip() for word in spec.split("+")]
    if not all(words):
        raise InputError(
            f"lens {spec!r}: a term is missing; write terms with + between, as in "
            "comma:3+question_first"
        )
    found: dict[str, Lens] = {}
    for word in (_OLD.get(word, word) for word in words):
        if word != "none":
            part = _term(word)
            found[part.name] = part
    for one, other in combinations(found, 2):
        first, second = one.partition(":")[0], other.partition(":")[0]
        if first == second or second in _against(first) or first in _against(second):
            raise _contradiction(one, other)
    order = {name: place for place, name in enumerate(TERMS)}
    parts = sorted(
        (part for part in found.values() if _set(part)),
        key=lambda part: order.get(part.name.partition(":")[0], len(order)),
    )
    return parts[0] if len(parts) == 1 else combine(parts)


def _against(name: str) -> tuple[str, ...]:
    return TERMS[name].against if name in TERMS else ()


def canonical(spec: str) -> str:
    """The one spelling of a lens; of one that is not known here, the text as it is."""
    try:
        return find_lens(spec).name
    except InputError:
        return spec


LENSES = Catalogue(
    "snellen.lenses", Lens, (NONE, *map(find_lens, STANDARD)), reserved=[*TERMS, *_OLD]
)
"""The prompt as it is, the lenses that are tried where none are named, and those of plug-ins."""
