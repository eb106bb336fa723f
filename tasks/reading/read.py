"""Reading an answer: by its kind, after its reasoning is taken away."""

from __future__ import annotations

from .facts import Facts, Reading
from .number.read_number import read_number
from .read_code import read_code
from .read_sequence import read_sequence
from .read_symbol import read_symbol
from .text.markup import strip_reasoning

_READERS = {
    "number": read_number,
    "symbol": read_symbol,
    "sequence": read_sequence,
    "code": read_code,
}


def read(text: str, facts: Facts, *, cut: bool = False) -> Reading:
    """Find the answer that a text gives.

    Args:
        text: what the model wrote, reasoning included.
        facts: what may be known of the question.
        cut: the text ended at a token limit.

    Returns:
        The reading; its rule is ``reasoning`` where the text ended inside its reasoning.
    """
    visible = strip_reasoning(text, cut=cut)
    if visible.thinking and not visible.text:
        return Reading(rule="reasoning")
    return _READERS[facts.kind](visible.text, facts, cut=cut or visible.thinking)
