"""Lenses inside an open model: changes to the forward pass, which leave the prompt as it is.

Each term stands in ``Lens.inside`` as it is written; the runner that answers applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .lens import Lens
from .term import Term, number, plain, wrong

ADAPTIVE: Final = "adaptive"
LOGN = 128
"""Tokens up to which ``logn`` changes nothing, where it names no number."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a lens does inside a model.

    Attributes:
        temperature: what the scores of attention are divided by, or ``adaptive``: as their entropy
            asks for (arXiv 2410.01104).
        logn: tokens up to which nothing changes; a query that sees n, and more of them, has its
            scores multiplied by log n / log of this (arXiv 2501.19399, held to the model's own
            scale at short range).
        ssmax: scores are multiplied by this and log n, as that paper writes it.
        bos: whether the prompt begins with the beginning-of-sequence token; ``None``: as it does.
    """

    temperature: float | str | None = None
    logn: float | None = None
    ssmax: float | None = None
    bos: bool | None = None

    @property
    def attention(self) -> str:
        """What it does to attention, as a name; empty where it does nothing."""
        fields = (("logn", self.logn), ("ssmax", self.ssmax), ("temperature", self.temperature))
        return "+".join(
            f"{name}:{value}" if isinstance(value, str) else f"{name}:{value:g}"
            for name, value in fields
            if value is not None
        )


def read_inside(terms: Sequence[str]) -> Inside:
    """What terms of ``Lens.inside`` say, as its terms write them."""
    found: dict[str, float | str | bool] = {}
    for term in terms:
        name, _, value = term.partition(":")
        if name in ("bos", "no_bos"):
            found["bos"] = name == "bos"
        elif name == "logn":
            found["logn"] = float(value or LOGN)
        elif name == "temperature" and value == ADAPTIVE:
            found["temperature"] = ADAPTIVE
        elif name in ("ssmax", "temperature"):
            found[name] = float(value)
        else:
            raise ValueError(f"no term of a lens inside a model: {term!r}")
    return Inside(**found)  # type: ignore[arg-type]


def _made(term: str, summary: str) -> Lens:
    return Lens(term, summary, inside=(term,))


def _positive(term: str, given: Sequence[str], how: str) -> float:
    """The positive number that is the only parameter."""
    try:
        (text,) = given
        value = float(text)
    except ValueError:
        raise wrong(term, given, how) from None
    if not 1e-3 <= value <= 1e3:
        raise wrong(term, given, f"a number from 0.001 to 1000, not {text}")
    return value


def _logn(given: Sequence[str]) -> Lens:
    if len(given) > 1:
        raise wrong("logn", given, "write logn or logn:K, where K is a number of tokens")
    known = number("logn", given, 0, 2, "the tokens up to which nothing changes") if given else LOGN
    summary = f"attention's scores grow with the logarithm of the tokens seen, from {known} on"
    return _made("logn" if known == LOGN else f"logn:{known}", summary)


def _ssmax(given: Sequence[str]) -> Lens:
    scale = _positive("ssmax", given, "write ssmax:S; scores are multiplied by S and log n")
    return _made(f"ssmax:{scale:g}", f"attention's scores times {scale:g} log n (arXiv 2501.19399)")


def _temperature(given: Sequence[str]) -> Lens:
    if list(given) == [ADAPTIVE]:
        summary = "attention sharpened as its entropy asks for (arXiv 2410.01104)"
        return _made("temperature:adaptive", summary)
    value = _positive("temperature", given, "write temperature:adaptive or temperature:T")
    return _made(f"temperature:{value:g}", f"attention's scores divided by {value:g}")


def _bos(name: str, summary: str, other: str) -> Term:
    made = plain(name, summary, inside=(name,))
    return Term(name, summary, made.make, against=(other,))


TERMS = (
    Term(
        "logn",
        "attention's scores grow with the logarithm of the tokens seen, from K on "
        "(arXiv 2501.19399)",
        _logn,
        "[:K]",
        against=("ssmax",),
    ),
    Term(
        "ssmax",
        "attention's scores times S log n (arXiv 2501.19399)",
        _ssmax,
        ":S",
        against=("logn",),
    ),
    Term(
        "temperature",
        "attention sharpened as its entropy asks for (arXiv 2410.01104), or its scores divided "
        "by T",
        _temperature,
        ":adaptive|:T",
    ),
    _bos("bos", "the prompt begins with the beginning-of-sequence token", "no_bos"),
    _bos("no_bos", "the prompt begins without the beginning-of-sequence token", "bos"),
)
