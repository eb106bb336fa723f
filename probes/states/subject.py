"""The model under the probe: found, loaded at a dtype, and checked to be what a probe can read."""

from __future__ import annotations

import copy
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
from .arithmetic import (
    ModelTooLargeError,
    check_dtype,
    first_line,
    local_packages,
    machine_record,
    out_of_memory,
)
from .readiness import ready

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
            try:
                self._model = self._subject.load(dtype)
            except Exception as error:
                if out_of_memory(error):
                    raise ModelTooLargeError(str(error)) from error
                raise
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
    check_config(name, config)
    place = device if device != "auto" else _best_device()

    def load(dtype: torch.dtype) -> Any:
        check_dtype(dtype, place)
        try:
            with _quiet():
                model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
        except (OSError, ValueError) as error:
            if out_of_memory(error):
                raise
            raise InputError(f"cannot load {name}: {first_line(error)}") from error
        return ready(model.to(place), name)

    weights = functools.cache(lambda: weights_digest(source, config))
    return Subject(name, tokenizer, load, context_of(config), place, weights)


def given_subject(model: Any, tokenizer: Any, name: str = "given") -> Subject:
    """A model that is already loaded, as every probe takes it: hooks and all.

    At its own dtype the model itself is probed, so that what was changed inside it (a lens, a
    patch) is probed too. At another dtype it is a copy, which has the hooks of its modules.

    Args:
        model: A decoder-only Hugging Face model; it is frozen and put into evaluation mode.
        tokenizer: Its tokenizer.
        name: How tables and folders call it: say what was changed.

    Raises:
        InputError: It is not a decoder-only language model, or none that can be read.
    """
    if model.config.is_encoder_decoder or model.get_output_embeddings() is None:
        check_config(name, model.config)  # a class of one's own is in no list, and needs no entry
        raise InputError(f"{name} has no head that gives the next token: probes need one")
    device = str(model.device)

    def load(dtype: torch.dtype) -> Any:
        check_dtype(dtype, device)
        if dtype == model.dtype:
            return ready(model, name)
        other = copy.deepcopy(model)
        for weight in other.parameters():  # buffers, as rotary angles, keep the dtype they have
            weight.data = weight.data.to(dtype)
        return ready(other, name)

    weights = functools.cache(lambda: parameters_digest(model))
    return Subject(name, tokenizer, load, context_of(model.config), device, weights)


def parameters_digest(model: Any) -> str:
    """A SHA-256 over the weights of a loaded model, by name; hooks are not in it."""
    import torch

    total = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        total.update(name.encode())
        total.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return f"sha256:{total.hexdigest()}"


def check_config(name: str, config: Any) -> None:
    """Refuse what is no decoder-only language model.

    Raises:
        InputError: It is not.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    if config.is_encoder_decoder or type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise InputError(
            f"{name} ({config.model_type}) is not a decoder-only language model: probes read a "
            "causal last token; choose a model that AutoModelForCausalLM loads"
        )


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
