"""A causal language model and its tokenizer, at a precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...support.model_folder import model_folder
from ...support.phases import phase
from ...support.quiet import hush_torchao
from .cache import KV_TYPES, make_cache
from .quantization import KINDS, quantize

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Precision:
    """In what a model computes, and in what it keeps numbers.

    Attributes:
        dtype: of the arithmetic: ``float32``, ``bfloat16``, ``float16``, or ``auto`` for float32
            on a CPU (where it is the fastest) and the model's own on a GPU.
        quantization: what the weights of its linear layers are rounded to, one of
            :data:`~snellen.runners.local.quantization.KINDS`; none: not at all.
        kv_cache: what keys and values are kept in, one of
            :data:`~snellen.runners.local.cache.KV_TYPES`; none: as they are computed.
    """

    dtype: str = "auto"
    quantization: str | None = None
    kv_cache: str | None = None

    def __post_init__(self) -> None:
        """See that there is such a precision.

        Raises:
            InputError: there is none.
        """
        for name, given, known in (
            ("quantization", self.quantization, tuple(KINDS)),
            ("kv_cache", self.kv_cache, KV_TYPES),
        ):
            if given is not None and given not in known:
                raise InputError(f"--model-args {name}={given}: there are {', '.join(known)}")

    @classmethod
    def of(cls, model: str, dtype: str | None, model_args: Mapping[str, Any]) -> Precision:
        """What options say.

        Raises:
            InputError: they name a setting that models in this process do not have.
        """
        known = ("quantization", "kv_cache", "revision")
        for name in model_args:
            if name not in known:
                raise InputError(
                    f"--model-args {name}: {model} runs in this process and takes "
                    f"{', '.join(known)}, and --dtype and --device"
                )
        given = {name: model_args.get(name) for name in known[:2]}
        return cls(dtype or "auto", **{name: v and str(v) for name, v in given.items()})


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What was loaded.

    Attributes:
        model: in evaluation mode, on its device.
        tokenizer: its tokenizer.
        numerics: what of engine, arithmetic and weights can change an answer; JSON-able.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    numerics: Mapping[str, Any]


def load(
    name: str,
    source: str | Path,
    precision: Precision,
    device: str | None = None,
    revision: str | None = None,
    weights: str | None = None,
) -> LoadedModel:
    """Load a model.

    Args:
        name: as the user wrote it.
        source: a hub name or a folder.
        precision: in what it computes.
        device: ``cpu``, ``cuda``, …; default: a GPU where there is one.
        revision: a commit or tag on the hub.
        weights: what to record as the identity of the weights; default: the hub's commit.

    Raises:
        InputError: the packages are missing, there is no such model, or it cannot be quantized.
    """
    hush_torchao()
    try:
        import torch
        import transformers
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise InputError(
            f"model {name!r} runs in this process and needs {error.name}: "
            "pip install 'snellen[local]'"
        ) from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    source = model_folder(source) or source
    wanted = "float32" if precision.dtype == "auto" and device == "cpu" else precision.dtype
    try:
        with phase(f"loading {name}"):
            tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
            model = (
                AutoModelForCausalLM.from_pretrained(source, revision=revision, dtype=wanted)
                .to(device)
                .eval()
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"cannot load a causal language model from {source}: {reason}") from error
    numerics = {
        "engine": "transformers",
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": device,
        "attention": model.config._attn_implementation,
        "weights": weights or getattr(model.config, "_commit_hash", None) or str(source),
    }
    # Absent where nothing is said, as in every key of earlier versions.
    if precision.quantization is not None:
        numerics["quantization"] = quantize(model, precision.quantization)
    if precision.kv_cache is not None:
        make_cache(model, precision.kv_cache)  # says if this model has none to speak of
        numerics["kv_cache"] = precision.kv_cache
    return LoadedModel(model, tokenizer, numerics)
