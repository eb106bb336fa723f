"""The model under the probe: found, loaded at a dtype, and checked to be what a probe can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError

if TYPE_CHECKING:
    import torch

DTYPES = ("float64", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Subject:
    """A model to probe.

    Attributes:
        name: As the user gave it.
        tokenizer: Its Hugging Face tokenizer.
        load: Loads the frozen model at a dtype; a new one at every call.
        context: The longest input, in tokens.
    """

    name: str
    tokenizer: Any
    load: Callable[[torch.dtype], Any]
    context: int


def open_subject(name: str, device: str = "auto") -> Subject:
    """Find a model by name.

    Args:
        name: ``bundled``, ``hf/ORG/NAME``, ``hf/./folder`` or a folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``: CUDA where there is one.

    Raises:
        InputError: The model, its tokenizer or the packages are not to be had, or it is not a
            decoder-only language model.
    """
    _, transformers = local_packages()
    source = _source(name)
    try:
        config = transformers.AutoConfig.from_pretrained(source)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot load {name}: {_first_line(error)}") from error
    if config.is_encoder_decoder or type(config) not in (
        transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING
    ):
        raise InputError(
            f"{name} ({config.model_type}) is not a decoder-only language model: probes read a "
            "causal last token; choose a model that AutoModelForCausalLM loads"
        )
    place = device if device != "auto" else _best_device()

    def load(dtype: torch.dtype) -> Any:
        check_dtype(dtype, place)
        try:
            with _quiet():
                model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot load {name}: {_first_line(error)}") from error
        return ready(model.to(place), name)

    return Subject(name, tokenizer, load, context_of(config))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars that transformers draws while it loads."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def local_packages() -> tuple[Any, Any]:
    """torch and transformers, which the core of Snellen installs without."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise InputError(
            f"this needs the local extra ({error.name} is missing): pip install 'snellen[local]'"
        ) from error
    return torch, transformers


def _best_device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _source(name: str) -> str:
    if name == "bundled":
        from ...store.bundled import bundled_model_path

        return str(bundled_model_path())
    path = name.removeprefix("hf/")
    if name.startswith("hf/") and not path.startswith((".", "/")):
        return path
    if not (Path(path) / "config.json").is_file():
        raise InputError(
            f"no model at {name}: give bundled, hf/ORG/NAME, or a folder with config.json"
        )
    return path


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def context_of(config: Any) -> int:
    """The longest input of a model in tokens, from its config."""
    return int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 1 << 30)


def parse_dtype(name: str) -> torch.dtype:
    """A torch dtype by its name.

    Raises:
        InputError: Not one of :data:`DTYPES`.
    """
    packages = local_packages()
    if name not in DTYPES:
        raise InputError(f"unknown dtype {name!r} in --dtypes: choose from {', '.join(DTYPES)}")
    dtype: torch.dtype = getattr(packages[0], name)
    return dtype


def check_dtype(dtype: torch.dtype, device: str) -> None:
    """Refuse a dtype that the device cannot multiply in.

    Raises:
        InputError: The device lacks the dtype, or is not there.
    """
    import torch

    try:
        square = torch.ones(2, 2, dtype=dtype, device=device)
        torch.softmax(square @ square, dim=-1)
    except (RuntimeError, TypeError, AssertionError) as error:
        short = str(dtype).removeprefix("torch.")
        raise InputError(
            f"device {device} cannot compute in {short} ({_first_line(error)}): leave {short} "
            "out of --dtypes or choose another --device"
        ) from error


def ready(model: Any, name: str) -> Any:
    """Freeze a model, see that it is causal, and give it float64 buffers where it is float64.

    Raises:
        InputError: A later token changes an earlier state: an encoder.
    """
    import torch

    model.eval().requires_grad_(False)
    if model.dtype == torch.float64:
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.data = buffer.data.double()
    ids = torch.tensor([[1, 2, 3], [1, 2, 4]], device=model.device)
    with torch.no_grad(), full_precision(model.dtype):
        first = decoder_of(model)(input_ids=ids, use_cache=False).last_hidden_state[:, :2]
    noise = 64 * torch.finfo(model.dtype).eps * first.abs().max()
    if (first[0] - first[1]).abs().max() > noise:
        raise InputError(
            f"{name} is an encoder: a later token changes an earlier state; probes need a causal "
            "(decoder-only) model"
        )
    return model


def decoder_of(model: Any) -> Any:
    """The stack of layers with its final norm, without the language-model head."""
    return model.get_decoder() if hasattr(model, "get_decoder") else model.base_model


def layers_of(model: Any) -> Any:
    """The decoder's layers, in order.

    Raises:
        InputError: The model keeps them in no list that could be found.
    """
    import torch

    decoder = decoder_of(model)
    depth = model.config.get_text_config().num_hidden_layers
    for child in decoder.children():
        if isinstance(child, torch.nn.ModuleList) and len(child) == depth:
            return child
    raise InputError(
        f"{type(model).__name__} keeps its {depth} layers in no module list that the probes know"
    )


@contextmanager
def full_precision(dtype: torch.dtype) -> Iterator[None]:
    """Under float64, keep model code from dropping to float32 on its way.

    Norms, softmaxes and rotary angles in transformers convert to float32 by name, which is a
    widening for bfloat16 but would make a float64 reference a float32 one.
    """
    import torch

    if dtype != torch.float64:
        yield
        return

    class KeepDouble(torch.overrides.TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = dict(kwargs or {})
            if func is torch.Tensor.float:
                return args[0].double()
            args = tuple(torch.float64 if a is torch.float32 else a for a in args)
            if kwargs.get("dtype") is torch.float32:
                kwargs["dtype"] = torch.float64
            return func(*args, **kwargs)

    with KeepDouble():
        yield


def next_token_logits(model: Any, final: torch.Tensor) -> torch.Tensor:
    """Logits from states after the final norm, shape (..., vocabulary), in float64 at the end.

    The head runs at the model's dtype, as it does in a real answer; scales and caps of the
    Gemma, Cohere and Granite families are applied.
    """
    import torch

    config = model.config.get_text_config()
    with torch.no_grad(), full_precision(model.dtype):
        logits: torch.Tensor = model.get_output_embeddings()(final.to(model.device))
        logits = logits * (getattr(config, "logit_scale", None) or 1.0)
        logits = logits / (getattr(config, "logits_scaling", None) or 1.0)
        cap = getattr(config, "final_logit_softcapping", None)
        if cap:
            logits = torch.tanh(logits / cap) * cap
    return logits.double().cpu()


def out_of_memory(error: Exception) -> bool:
    """Whether an error is a device or a host that ran out of memory."""
    import torch

    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        "not enough memory" in str(error) or "can't allocate memory" in str(error)
    )
