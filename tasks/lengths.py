"""Lengths as the command line writes them: ``1,2,5``, ``5:200:10``, ``log:4:512:9``."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np

from ..errors import InputError

STANDARD = "log:1:128:10"
"""The lengths of a chart when none are given."""


def parse_lengths(spec: str | float | Sequence[float]) -> tuple[int, ...]:
    """Read a set of lengths.

    Args:
        spec: ``a,b,c`` (listed), ``start:stop:step`` (stop included), ``log:start:stop:count``
            (log-spaced, rounded, without repeats), or a sequence of integers.

    Returns:
        The lengths in rising order, each once.

    Raises:
        InputError: they are empty, not integers, below 1, or reversed.
    """
    lengths = _from_text(spec) if isinstance(spec, str) else _from_numbers(spec)
    if not lengths:
        raise InputError(f"--lengths {spec!r} names no length; try 1,2,4 or log:1:128:10")
    if min(lengths) < 1:
        raise InputError(f"--lengths {spec!r} holds {min(lengths)}: a length is 1 or more")
    return tuple(sorted(set(lengths)))


def _from_numbers(spec: float | Sequence[float]) -> list[int]:
    numbers = list(spec) if isinstance(spec, Sequence) else [spec]
    for number in numbers:
        if isinstance(number, bool) or not (
            isinstance(number, Real) and float(number).is_integer()
        ):
            raise InputError(f"lengths hold {number!r}: a length is a whole number")
    return [int(number) for number in numbers]


def _from_text(spec: str) -> list[int]:
    text = spec.strip()
    try:
        if text.startswith("log:"):
            start, stop, count = (int(part) for part in text[4:].split(":"))
            _check_range(spec, start, stop, count)
            return [round(x) for x in np.geomspace(start, stop, count)]
        if ":" in text:
            parts = [int(part) for part in text.split(":")]
            start, stop, step = parts if len(parts) == 3 else (*parts, 1)
            _check_range(spec, start, stop, step)
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
