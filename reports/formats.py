"""Numbers as a reader wants them."""

from __future__ import annotations

import math


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
