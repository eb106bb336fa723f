"""From a model's name to who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..support.secrets import redact_logs
from .dispatch.provider import Limits
from .protocol import Runner


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
        takes: the options that mean something to it.
    """

    pattern: str
    summary: str
    open: Callable[[str, str, Options], Runner]
    takes: frozenset[str]


def _limits(options: Options) -> Limits:
    given: dict[str, Any] = {
        "concurrency": options.concurrency,
        "requests_per_minute": options.requests_per_minute,
        "tokens_per_minute": options.tokens_per_minute,
    }
    return Limits(**{name: value for name, value in given.items() if value is not None})


def _bundled(model: str, name: str, options: Options) -> Runner:
    from .local.runner import bundled_runner

    return bundled_runner(dtype=options.dtype or "auto", device=options.device)


def _hf(model: str, name: str, options: Options) -> Runner:
    from .local.runner import LocalRunner

    return LocalRunner(
        model,
        name,
        dtype=options.dtype or "auto",
        device=options.device,
        revision=options.model_args.get("revision"),
    )


def _openai(model: str, name: str, options: Options) -> Runner:
    with needs("openai", model):
        from .openai.provider import OpenAI
    from .dispatch.dispatcher import Dispatch

    return Dispatch(OpenAI(name, base_url=options.base_url), _limits(options))


def _gemini(model: str, name: str, options: Options) -> Runner:
    with needs("gemini", model):
        from .gemini.provider import Gemini
    from .dispatch.dispatcher import Dispatch

    return Dispatch(Gemini(name, base_url=options.base_url), _limits(options))


def _vllm(model: str, name: str, options: Options) -> Runner:
    with needs("openai", model):
        from .vllm.runner import Vllm, VllmRunner, serve_vllm

    if options.base_url is None:
        engine_args = dict(options.model_args)
        if options.dtype:
            engine_args["dtype"] = options.dtype
        assert options.log_folder is not None
        return serve_vllm(model, name, engine_args, options.log_folder, _limits(options))
    if options.dtype or options.model_args:
        raise InputError(
            f"--dtype and --model-args are for a server that is started; the one at "
            f"{options.base_url} has its own settings"
        )
    return VllmRunner(Vllm(name, base_url=options.base_url, model=model), _limits(options))


def _backend(model: str, name: str, options: Options) -> Runner:
    from .lm_eval.runner import BackendRunner

    return BackendRunner(model, name, options.model_args)


@contextmanager
def needs(extra: str, model: str) -> Iterator[None]:
    """Turn a missing package into a line that says what to install."""
    try:
        yield
    except ImportError as error:
        raise InputError(
            f"model {model!r} needs {error.name}: pip install 'snellen[{extra}]'"
        ) from error


_LIMITS = {"concurrency", "requests_per_minute", "tokens_per_minute"}
_HERE = {"dtype", "device"}
FAMILIES: dict[str, Family] = {
    "bundled": Family(
        "bundled",
        "SmolLM2-135M-Instruct, no key, no hub, no GPU",
        _bundled,
        frozenset(_HERE),
    ),
    "hf": Family(
        "hf/ORG/NAME",
        "a Hugging Face model or folder, in this process",
        _hf,
        frozenset(_HERE | {"model_args"}),
    ),
    "vllm": Family(
        "vllm/ORG/NAME",
        "starts 'vllm serve' (settings in --model-args); with --base-url, a running server",
        _vllm,
        frozenset(_LIMITS | {"base_url", "dtype", "model_args"}),
    ),
    "openai": Family(
        "openai/NAME",
        "OpenAI (key in OPENAI_API_KEY), or any compatible server with --base-url",
        _openai,
        frozenset(_LIMITS | {"base_url"}),
    ),
    "gemini": Family(
        "gemini/NAME",
        "Google's Gemini (key in GEMINI_API_KEY or GOOGLE_API_KEY)",
        _gemini,
        frozenset(_LIMITS | {"base_url"}),
    ),
    "lm-eval": Family(
        "lm-eval/BACKEND",
        "any backend of lm-evaluation-harness; its arguments in --model-args",
        _backend,
        frozenset({"model_args"}),
    ),
}
_FLAGS = {
    "requests_per_minute": "--rpm",
    "tokens_per_minute": "--tpm",
    "base_url": "--base-url",
    "model_args": "--model-args",
}


def open_runner(model: str, options: Options) -> Runner:
    """Find who answers for a model, and start it if need be.

    Raises:
        InputError: there is no such model, it cannot be reached, an option means nothing to it,
            or something it needs is missing.
    """
    redact_logs()
    scheme, _, name = model.partition("/")
    family = FAMILIES.get(scheme)
    if family is None or bool(name) != ("/" in family.pattern):
        known = ", ".join(known.pattern for known in FAMILIES.values())
        raise InputError(f"unknown model {model!r}; models are named: {known}")
    for option in Options.__dataclass_fields__:
        given = getattr(options, option)
        if given and option not in family.takes and option != "log_folder":
            flag = _FLAGS.get(option, f"--{option}")
            raise InputError(f"{flag} means nothing to model {model!r}; leave it out")
    return family.open(model, name, options)
