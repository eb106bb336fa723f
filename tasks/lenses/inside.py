"""Lenses inside an open model: changes to the forward pass, which leave the prompt as it is.

Each term stands in ``Lens.inside`` as it is written; the runner that answers applies it.
"""

from __future__ import annotations

from collections.abc import Sequence

from .lens import Lens
from .term import Term, plain, wrong


def _temperature(given: Sequence[str]) -> Lens:
    if list(given) != ["adaptive"]:
        raise wrong("temperature", given, "write temperature:adaptive")
    summary = "attention logits sharpened by their entropy (arXiv 2410.01104)"
    return Lens("temperature:adaptive", summary, inside=("temperature:adaptive",))


TERMS = (
    plain(
        "logn",
        "attention logits scaled by the logarithm of the length (arXiv 2501.19399)",
        inside=("logn",),
    ),
    Term(
        "temperature",
        "attention logits sharpened by their entropy (arXiv 2410.01104)",
        _temperature,
        ":adaptive",
    ),
)
