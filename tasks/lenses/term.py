"""A term of a lens's name: ``comma:3`` of ``comma:3+question_first``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from .lens import Lens

MOST = 10**6
"""The greatest number that a term takes."""


@dataclass(frozen=True, slots=True)
class Term:
    """A kind of change, with parameters.

    Attributes:
        name: the word before the first colon.
        summary: what it does, in a line.
        make: the lens of this term alone, given its parameters (the parts after colons), named
            in the one spelling. Raises InputError where they are wrong; :func:`wrong` words it.
        parameters: how they are written, ``[:K[:right]]``.
        against: names of terms that contradict it, beside those that set the same field.
    """

    name: str
    summary: str
    make: Callable[[Sequence[str]], Lens]
    parameters: str = ""
    against: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """How it is written, with its parameters."""
        return self.name + self.parameters


def wrong(term: str, given: Sequence[str], how: str) -> InputError:
    """What is wrong with the parameters of a term, in a line.

    Args:
        term: its name.
        given: its parameters.
        how: how to write it.
    """
    return InputError(f"lens {':'.join([term, *given])!r}: {how}")


def number(term: str, given: Sequence[str], place: int, least: int, what: str) -> int:
    """The whole number that a parameter is.

    Raises:
        InputError: it is none, or out of range.
    """
    text = given[place]
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= MOST:
        raise wrong(term, given, f"{what} is a whole number from {least} to {MOST}, not {text!r}")
    return int(text)


def plain(name: str, summary: str, against: tuple[str, ...] = (), **fields: Any) -> Term:
    """A term without parameters; it sets fields of the lens."""
    lens = Lens(name, summary, **fields)

    def make(given: Sequence[str]) -> Lens:
        if given:
            raise wrong(name, given, f"{name} takes no parameter")
        return lens

    return Term(name, summary, make, against=against)


def counted(name: str, summary: str, field: str, what: str, *, least: int, usual: int = 0) -> Term:
    """A term with one number.

    Args:
        name: its name.
        summary: what it does.
        field: the field of a lens that takes the number.
        what: what is counted, for an error.
        least: the least number.
        usual: the number where none is given; 0: it must be given.
    """

    def make(given: Sequence[str]) -> Lens:
        if len(given) > 1 or (not given and not usual):
            raise wrong(name, given, f"write {name}:K, where K is {what}")
        found = number(name, given, 0, least, what) if given else usual
        spelt = name if found == usual else f"{name}:{found}"
        fields: dict[str, Any] = {field: found}
        return Lens(spelt, summary.replace("K", str(found)), **fields)

    return Term(name, summary, make, "[:K]" if usual else ":K")
