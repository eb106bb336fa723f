"""The model under the probe: found, loaded at a dtype, and checked to be what a probe can read."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...support.model_folder import check_model_folder
from ..folder import versions
from .architecture import REFUSED, decoder_of
from .arithmetic import (
    check_dtype,
    first_line,
    full_precision,
    local_packages,
    machine_record,
    out_of_memory,
)
from .last_token import last_token_states
from .routes import ONE_PASS, SEPARATE

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Subject:
    """A model to probe.

    Attributes:
        name: As the user gave it.
        tokenizer: Its Hugging Face tokenizer.
        load: Loads the frozen model at a dtype; a new one at every call.
        context: The longest input, in tokens.
        device: Where it is loaded.
        weights: Gives what names the weights: a hash of the files, or the hub's commit.
    """

    name: str
    tokenizer: Any
    load: Callable[[torch.dtype], Any]
    context: int
    device: str = "cpu"
    weights: Callable[[], str | None] = lambda: None

    def identity(self) -> dict[str, Any]:
        """All beside a plan that can change a number: weights, machine, versions."""
        return {
            "weights": self.weights(),
            "machine": machine_record(self.device),
            "versions": versions(),
        }


class Loaded:
    """A subject's models, one at a time: each is loaded when it is first asked for."""

    def __init__(self, subject: Subject):
        self._subject = subject
        self._dtype: torch.dtype | None = None
        self._model: Any = None

    def at(self, dtype: torch.dtype) -> Any:
        """The model at a dtype; another one that was loaded is let go first."""
        if self._dtype != dtype:
            self._model = self._dtype = None
            self._model = self._subject.load(dtype)
            self._dtype = dtype
        return self._model


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
        raise InputError(f"cannot load {name}: {first_line(error)}") from error
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
            raise InputError(f"cannot load {name}: {first_line(error)}") from error
        return ready(model.to(place), name)

    weights = functools.cache(lambda: weights_digest(source, config))
    return Subject(name, tokenizer, load, context_of(config), place, weights)


def weights_digest(source: str, config: Any) -> str | None:
    """A SHA-256 over a folder's weight files, or the hub's commit; None where neither is known."""
    folder = Path(source)
    if not folder.is_dir():
        return getattr(config, "_commit_hash", None)
    files = sorted(f for kind in ("*.safetensors", "*.bin") for f in folder.glob(kind))
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            total.update(hashlib.file_digest(content, "sha256").digest())
    return f"sha256:{total.hexdigest()}" if files else None


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
    return str(check_model_folder(path, "give bundled, hf/ORG/NAME, or a folder with config.json"))


def context_of(config: Any) -> int:
    """The longest input of a model in tokens, from its config."""
    return int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 1 << 30)


def ready(model: Any, name: str) -> Any:
    """Freeze a model, see that it is causal, and give it float64 buffers where it is float64.

    Raises:
        InputError: A later token changes an earlier state: an encoder.
    """
    import torch

    model.eval().requires_grad_(False)
    kind = model.config.model_type
    if kind in REFUSED:
        raise InputError(f"{name} ({kind}) cannot be probed: {REFUSED[kind]}")
    if model.dtype == torch.float64:
        if hasattr(model, "set_experts_implementation"):
            model.set_experts_implementation("eager")  # grouped products know no float64
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.data = buffer.data.double()
    with _known(name, kind):
        _check_causal(model, name)
        shared, alone = (
            last_token_states(model, _TRIE, route=route)[:, -1] for route in (ONE_PASS, SEPARATE)
        )
    apart = (shared - alone).abs().max().double() / alone.abs().max().double()
    # Far above rounding, far below what a wrong cache or mask does.
    if apart > {torch.float64: 1e-9, torch.float32: 1e-3}.get(model.dtype, 0.25):
        raise InputError(
            f"{name} ({kind}) gives other states when prompts that begin alike are computed "
            f"together (off by {apart:.1g}): the probes do not know this architecture"
        )
    return model


def _check_causal(model: Any, name: str) -> None:
    import torch

    ids = torch.tensor([[1, 2, 3], [1, 2, 4]], device=model.device)
    with torch.no_grad(), full_precision(model.dtype):
        first = decoder_of(model)(input_ids=ids, use_cache=False).last_hidden_state[:, :2]
    noise = 64 * torch.finfo(model.dtype).eps * first.abs().max()
    if (first[0] - first[1]).abs().max() > noise:
        raise InputError(
            f"{name} is an encoder: a later token changes an earlier state; probes need a causal "
            "(decoder-only) model"
        )


@contextmanager
def _known(name: str, kind: str) -> Iterator[None]:
    """Turn what a model of another architecture raises into one clear line."""
    try:
        yield
    except (RuntimeError, TypeError, AttributeError, IndexError, KeyError, ValueError) as error:
        if isinstance(error, InputError) or out_of_memory(error):
            raise
        raise InputError(
            f"{name} ({kind}) is no architecture that the probes can read: {first_line(error)}"
        ) from error


_TRIE = ([1, 2, 3], [1, 2, 3, 4, 5, 3, 3], [1, 2, 3, 6], [1, 2, 4])
"""Prompts that begin alike and part, to see that computing them together is right."""
