"""The openers of models that live elsewhere: what :mod:`snellen.runners.registry` calls."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .base import Runner
from .provider import Limits

if TYPE_CHECKING:
    from .registry import Options

Opener = Callable[[str, str, "Options"], Runner]


def _needs(extra: str) -> Callable[[Opener], Opener]:
    """Say which extra to install where a provider's SDK is missing."""

    def decorate(opener: Opener) -> Opener:
        @wraps(opener)
        def opened(model: str, name: str, options: Options) -> Runner:
            try:
                return opener(model, name, options)
            except ModuleNotFoundError as error:
                raise InputError(
                    f"{model} needs {error.name}: pip install 'snellen[{extra}]'"
                ) from error

        return opened

    return decorate


@_needs("openai")
def open_openai(model: str, name: str, options: Options) -> Runner:
    """``openai/NAME``, at OpenAI or any compatible server."""
    from .dispatch import Dispatch
    from .openai import OpenAI

    _refuse(model, options, "dtype", "device", "model_args")
    return Dispatch(OpenAI(name, base_url=options.base_url), _limits(options))


@_needs("gemini")
def open_gemini(model: str, name: str, options: Options) -> Runner:
    """``gemini/NAME``, at Google or a server that speaks its protocol."""
    from .dispatch import Dispatch
    from .gemini import Gemini

    _refuse(model, options, "dtype", "device", "model_args")
    return Dispatch(Gemini(name, base_url=options.base_url), _limits(options))


@_needs("openai")
def open_vllm(model: str, name: str, options: Options) -> Runner:
    """``vllm/ORG/NAME`` or a folder: a server of our own, or a running one."""
    from .vllm import Vllm, VllmRunner, serve_vllm

    if options.base_url is not None:
        _refuse(model, options, "dtype", "device", "model_args")
        return VllmRunner(Vllm(name, base_url=options.base_url, model=model), _limits(options))
    _refuse(model, options, "device")
    engine_args = dict(options.model_args)
    if options.dtype is not None:
        engine_args["dtype"] = options.dtype
    folder = options.log_folder or Path(tempfile.mkdtemp(prefix="snellen-vllm-"))
    return serve_vllm(model, name, engine_args, folder, _limits(options))


def open_backend(model: str, name: str, options: Options) -> Runner:
    """``lm-eval/BACKEND``: any stock backend, made from ``--model-args``."""
    from .backend import BackendRunner

    _refuse(model, options, "base_url", "concurrency", "requests_per_minute", "tokens_per_minute")
    model_args = dict(options.model_args)
    for field in ("dtype", "device"):
        if (value := getattr(options, field)) is not None:
            model_args[field] = value
    return BackendRunner(model, name, model_args)


def _limits(options: Options) -> Limits:
    limits = Limits(
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
    )
    if options.concurrency is not None:
        limits = replace(limits, concurrency=options.concurrency)
    for field in ("concurrency", "requests_per_minute", "tokens_per_minute"):
        value = getattr(limits, field)
        if value is not None and value <= 0:
            raise InputError(f"--{field.replace('_', '-')} must be positive, not {value}")
    return limits


def _refuse(model: str, options: Options, *fields: str) -> None:
    """Refuse an option that would do nothing, rather than ignore it."""
    for field in fields:
        if getattr(options, field):
            flag = field.replace("_", "-")
            raise InputError(f"--{flag} does not apply to {model}; leave it out")
