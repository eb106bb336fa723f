"""Precisions by name: ``bfloat16``, ``int8``, ``kv:fp8``, or several joined by ``+``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from ...errors import InputError

REFERENCE = "float32"
_DTYPES = ("float32", "bfloat16", "float16", "float64")
_WEIGHTS = ("int8", "int8_dynamic", "fp8", "int4")
_CACHES = ("bfloat16", "float16", "fp8", "int8", "int4")


def usual() -> tuple[str, ...]:
    """The precisions that are tried where none are named; quantized weights need torchao."""
    weights = ("int8", "fp8", "int4") if find_spec("torchao") else ()
    return ("bfloat16", "float16", *weights, "kv:fp8", "kv:int8", "kv:int4")


def read_precisions(given: str | Sequence[str]) -> tuple[str, ...]:
    """Names of precisions, each once, the reference left out.

    Raises:
        InputError: one is none, or there is none beside the reference.
    """
    parts = given.split(",") if isinstance(given, str) else given
    names = dict.fromkeys(part.strip() for part in parts if part.strip())
    for name in names:
        model_args(name)
    found = tuple(name for name in names if name != REFERENCE)
    if not found:
        raise InputError(
            f"--precisions names none to hold against {REFERENCE}; there are {listed()}"
        )
    return found


def listed() -> str:
    """The names that there are."""
    caches = ", ".join(f"kv:{name}" for name in _CACHES)
    return f"{', '.join(_DTYPES + _WEIGHTS)}, {caches}; join them with +"


def model_args(name: str) -> Mapping[str, Any]:
    """What a model in this process is told, to be at a precision.

    >>> model_args("bfloat16+kv:fp8")
    {'dtype': 'bfloat16', 'kv_cache': 'fp8'}

    Raises:
        InputError: there is no such precision.
    """
    found: dict[str, str] = {}
    for word in name.split("+"):
        if word in _DTYPES:
            key, value = "dtype", word
        elif word in _WEIGHTS:
            key, value = "quantization", word
        elif word.startswith("kv:") and word[3:] in _CACHES:
            key, value = "kv_cache", word[3:]
        else:
            raise InputError(f"--precisions {name}: no precision {word!r}; there are {listed()}")
        if key in found:
            raise InputError(f"--precisions {name}: {found[key]} and {value} exclude each other")
        found[key] = value
    return {"dtype": REFERENCE} | found if "dtype" not in found else found
