"""Lenses on the symbols of the sequence: others in their place, and how many distinct ones."""

from __future__ import annotations

from .lens import Lens
from .term import counted, plain

ALPHABETS = {
    "letters": tuple("bcdfghkmnprstvwz"),
    "words": (
        "apple", "paper", "stone", "horse", "chair", "cloud", "metal", "ocean", "winter", "engine",
        "window", "forest", "planet", "button", "castle", "circle", "flower", "orange", "shirt",
        "square", "wheel", "table", "music", "sugar", "lemon", "tiger", "silver", "piano", "coffee",
        "island", "desert", "mirror", "ladder", "bottle", "candle", "carpet", "dragon", "eagle",
        "guitar", "valley",
    ),
    "nonwords": (
        "brovlikun", "dastermoq", "felquiprod", "gwintazup", "hyblorment", "jexifarol",
        "kudrespint", "lomvaqueth", "mizzertorp", "nuxwabel", "ovtrangil", "pluchdemor",
        "quorvesting", "rasdipholm", "sklenvorit", "tiquomblar", "uvedrazent", "vospilgran",
        "wexmontil", "zedhurpalk",
    ),
}  # fmt: skip
"""What can stand for a symbol. Letters: none that is a word. Words: one token each in the usual
tokenizers. Nonwords: several tokens each in all of them."""

NAMES = {"letters": "letter", "words": "word", "nonwords": "word"}
"""What a symbol is called in the prompt."""

TERMS = (
    *(
        plain(name, summary, symbols=name)
        for name, summary in (
            ("letters", "letters in the place of digits"),
            ("words", "words of one token in the place of digits"),
            ("nonwords", "made-up words of several tokens in the place of digits"),
        )
    ),
    counted(
        "vocabulary", "K distinct symbols in the sequence", "vocabulary", "distinct symbols",
        least=2,
    ),
)  # fmt: skip


def symbols_of(lens: Lens, own: tuple[str, ...]) -> tuple[str, ...]:
    """What can stand for a symbol through a lens: as many as the task has, more if it needs more.

    Args:
        lens: the lens.
        own: the task's alphabet.
    """
    if not lens.symbols:
        return own
    return ALPHABETS[lens.symbols][: max(len(own), 2 * lens.vocabulary)]


def renamed(text: str, lens: Lens) -> str:
    """A part of a prompt about digits, for the symbols of a lens."""
    return text.replace("digit", NAMES[lens.symbols]) if lens.symbols else text
