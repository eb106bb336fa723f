"""What the reader may know of a question, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AnswerKind = Literal["number", "symbol", "sequence", "code"]
"""What is asked for.

``number``: a count or a sum, where distance matters; ``symbol``: one item of the sequence, which
stands for itself; ``sequence``: several items in order; ``code``: a value that stands for itself
(``lookup``'s answer).
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reader may know of a question; never the truth.

    Attributes:
        kind: what is asked for.
        asked: the symbol (digit or word) that a counting question names, or the key that a
            lookup asks for; empty for none.
        symbols: the distinct items of the sequence; for ``code``, the values of the records.
        length: number of items; ``None`` where it is not known.
        bare: the prompt asked for the answer alone (modes ``direct`` and ``fewshot``).
        end: which end of the sequence a ``symbol`` is asked from ("first", "last"), where known.
    """

    kind: AnswerKind
    asked: str = ""
    symbols: tuple[str, ...] = ()
    length: int | None = None
    bare: bool = False
    end: Literal["", "first", "last"] = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a text.

    Attributes:
        value: the answer in normal form (an integer; items joined by single spaces; a code);
            ``None`` where there is none, or more than one.
        rule: which rule read it (docs/scoring.md lists them); empty for none.
        complete: what follows the answer shows that it had ended, so that a cut-off cannot have
            changed it.
        rivals: the readings that remained where there were two or more; ``value`` is then ``None``.
    """

    value: str | None = None
    rule: str = ""
    complete: bool = False
    rivals: tuple[str, ...] = ()
