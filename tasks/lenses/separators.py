"""Lenses on how the sequence is written: separators, groups, brackets, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .lens import Lens
from .term import Term, number, plain, wrong

_SEPARATORS = {
    "comma": (", ", "a comma"),
    "space": (" ", "a space"),
    "newline": ("\n", "a line break"),
    "pipe": (" | ", "a vertical bar"),
    "semicolon": ("; ", "a semicolon"),
}


def _groups(name: str, given: Sequence[str]) -> tuple[int, Literal["left", "right"]]:
    """Group size and alignment out of parameters."""
    if len(given) > 2 or (len(given) == 2 and given[1] not in ("left", "right")):
        raise wrong(name, given, f"write {name}:K, {name}:K:left or {name}:K:right")
    every = number(name, given, 0, 1, "the size of a group")
    align: Literal["left", "right"] = "right" if given[1:] == ["right"] else "left"
    return every, "left" if every == 1 else align


def spelt(name: str, every: int, align: str) -> str:
    """A group's term in its one spelling: what goes without saying is left out."""
    return f"{name}:{every}" + (":right" if align == "right" else "")


def _separator(name: str) -> Term:
    text, says = _SEPARATORS[name]

    def make(given: Sequence[str]) -> Lens:
        every, align = _groups(name, given) if given else (1, "left")
        if every == 1:
            return Lens(name, f"{says} between all items", separator=text)
        where = "counted from the end" if align == "right" else "counted from the start"
        summary = f"{says} after every {every} items, {where}"
        return Lens(
            spelt(name, every, align), summary, mark=text, every=every,
            align="right" if align == "right" else "left",
        )  # fmt: skip

    summary = f"{says} between all items, or after every K, counted from the left or the right"
    return Term(name, summary, make, "[:K[:right]]")


def _brackets(given: Sequence[str]) -> Lens:
    if not given:
        raise wrong("brackets", given, "write brackets:K, where K is the size of a group")
    every, align = _groups("brackets", given)
    return Lens(
        spelt("brackets", every, align), f"every {every} items in brackets", every=every,
        align=align, brackets=True,
    )  # fmt: skip


TERMS = (
    *map(_separator, _SEPARATORS),
    Term("brackets", "every K items in brackets", _brackets, ":K[:right]"),
    plain("joined", "no spaces around items and marks", joined=True),
    plain("numbered", "its number before every item", numbered=True),
)
