"""From a model's name to who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from .base import Runner


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is reached; what does not apply to it is refused by name.

    Attributes:
        base_url: a running server.
        dtype: of the weights and the arithmetic, in this process.
        device: where the model runs, in this process.
        concurrency: requests in flight at once.
        requests_per_minute: limit on requests.
        tokens_per_minute: limit on tokens.
        model_args: settings of the engine: of vLLM, of an lm-eval backend.
        log_folder: where a server that is started writes its log.
    """

    base_url: str | None = None
    dtype: str | None = None
    device: str | None = None
    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    model_args: Mapping[str, Any] = field(default_factory=dict)
    log_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of model.

    Attributes:
        pattern: how its names look.
        summary: what it is, and what it needs.
        open: makes the runner from the full name, the rest after the first slash, and options.
    """

    pattern: str
    summary: str
    open: Callable[[str, str, Options], Runner]


def _bundled(model: str, name: str, options: Options) -> Runner:
    from .local import bundled_runner

    return bundled_runner(dtype=options.dtype or "auto", device=options.device)


def _hf(model: str, name: str, options: Options) -> Runner:
    from .local import LocalRunner

    return LocalRunner(
        model,
        name,
        dtype=options.dtype or "auto",
        device=options.device,
        revision=options.model_args.get("revision"),
    )


FAMILIES: dict[str, Family] = {
    "bundled": Family("bundled", "SmolLM2-135M-Instruct, no key, no hub, no GPU", _bundled),
    "hf": Family("hf/ORG/NAME", "a Hugging Face model or folder, in this process", _hf),
}


def open_runner(model: str, options: Options) -> Runner:
    """Find who answers for a model, and start it if need be.

    Raises:
        InputError: there is no such model, it cannot be reached, or something it needs is
            missing.
    """
    scheme, _, name = model.partition("/")
    family = FAMILIES.get(scheme)
    if family is None or bool(name) != ("/" in family.pattern):
        known = ", ".join(known.pattern for known in FAMILIES.values())
        raise InputError(f"unknown model {model!r}; models are named: {known}")
    return family.open(model, name, options)
