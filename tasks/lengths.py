"""Lengths as the command line writes them: ``1,2,5``, ``5:200:10``, ``log:4:512:9``."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np

from ..errors import InputError

DEFAULT_LENGTHS = "log:1:128:10"
"""The lengths of a chart when none are given."""

MOST_LENGTHS = 100_000
"""How many lengths one set may hold."""

LONGEST = 10_000_000
"""The longest sequence, in items: about a gigabyte while it is built."""


def parse_lengths(spec: str | float | Sequence[float]) -> tuple[int, ...]:
    """Read a set of lengths.

    Args:
        spec: ``a,b,c`` (listed), ``start:stop:step`` (stop included), ``log:start:stop:count``
            (log-spaced, rounded, without repeats), or a sequence of integers.

    Returns:
        The lengths in rising order, each once.

    Raises:
        InputError: they are empty, not integers, below 1, reversed, or more or longer than can
            be built.
    """
    lengths = _from_text(spec) if isinstance(spec, str) else _from_numbers(spec)
    if not lengths:
        raise InputError(f"--lengths {spec!r} names no length; try 1,2,4 or log:1:128:10")
    if min(lengths) < 1:
        raise InputError(f"--lengths {spec!r} holds {min(lengths)}: a length is 1 or more")
    _check_size(spec, len(lengths), max(lengths))
    return tuple(sorted(set(lengths)))


def _from_numbers(spec: float | Sequence[float]) -> list[int]:
    numbers = list(spec) if isinstance(spec, Sequence) else [spec]
    for number in numbers:
        whole = isinstance(number, int) or (isinstance(number, Real) and float(number).is_integer())
        if isinstance(number, bool) or not whole:
            raise InputError(f"lengths hold {number!r}: a length is a whole number")
    return [int(number) for number in numbers]


def _from_text(spec: str) -> list[int]:
    text = spec.strip()
    try:
        if text.startswith("log:"):
            start, stop, count = (int(part) for part in text[4:].split(":"))
            _check_range(spec, start, stop, count)
            _check_size(spec, count, stop)
            return [round(x) for x in np.geomspace(start, stop, count)]
        if ":" in text:
            parts = [int(part) for part in text.split(":")]
            start, stop, step = parts if len(parts) == 3 else (*parts, 1)
            _check_range(spec, start, stop, step)
            _check_size(spec, (stop - start) // step + 1, stop)
            return list(range(start, stop + 1, step))
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise InputError(
            f"--lengths {spec!r} is not a set of lengths; "
            "write 1,2,5 or start:stop:step or log:start:stop:count"
        ) from error


def _check_range(spec: str, start: int, stop: int, third: int) -> None:
    if start > stop:
        raise InputError(f"--lengths {spec!r} is reversed: {start} comes after {stop}")
    if start < 1:
        raise InputError(f"--lengths {spec!r} starts at {start}: a length is 1 or more")
    if third < 1:
        raise InputError(f"--lengths {spec!r} ends in {third}: step and count are 1 or more")


def _check_size(spec: object, count: int, longest: int) -> None:
    """Refuse what would not fit, before it is built."""
    if longest > LONGEST:
        raise InputError(
            f"--lengths {_short(spec)} goes up to {longest:,} items; the longest that can be built "
            f"is {LONGEST:,}"
        )
    if count > MOST_LENGTHS:
        raise InputError(
            f"--lengths {_short(spec)} is {count:,} lengths; at most {MOST_LENGTHS:,} fit, so take "
            f"a larger step, or a few over the same range: log:1:{longest}:20"
        )


def _short(spec: object) -> str:
    text = repr(spec)
    return text if len(text) <= 60 else f"{text[:57]}…"
