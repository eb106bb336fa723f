"""Numbers as a reader wants them."""

from __future__ import annotations

import math
import re
from typing import Any

_RISKY = tuple("=+-@'\t\r\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.ASCII)


def plain(value: float) -> str:
    """A number as a tick or label: 1,024, powers of ten from a million, and ∞ where it is open."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 1e6:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def percent(share: float) -> str:
    """A share in whole per cent, a dash for none; never rounded to 0 or 100 unless it is."""
    if math.isnan(share):
        return "–"
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def share(part: float, whole: float) -> float:
    """Part of a whole, NaN where the whole is nothing."""
    return float(part) / float(whole) if whole else math.nan


def p_value(p: float) -> str:
    """A p-value in two digits, never rounded to nothing."""
    return "<0.001" if p < 0.001 else f"{p:.2g}"


def both_ends(text: str, most: int = 300) -> str:
    """A text, or where it is long its beginning and its end."""
    if len(text) <= most:
        return text
    return f"{text[: most // 3]} […] {text[-(most - most // 3) :]}"


def plain_markdown(text: str) -> str:
    """Text that cannot break out of a line or a table of Markdown."""
    return "".join("\\" + c if c in "|[]<>`*_\\" else c for c in text).replace("\n", " ")


def no_formula(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula: one that looks like it begins with a ``'``.

    So does text that begins with one itself: whoever takes the first ``'`` away has the text.
    Numbers are none, also where they are text.

    >>> no_formula("=1+1"), no_formula("-5"), no_formula("'tis"), no_formula("five")
    ("'=1+1", '-5', "''tis", 'five')
    """
    risky = isinstance(value, str) and value[:1] in _RISKY and not _NUMBER.fullmatch(value)
    return f"'{value}" if risky else value
