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
from .architecture import REFUSED, Handling, decoder_of, handling_by_config, remember
from .arithmetic import (
    check_dtype,
    first_line,
    full_precision,
    local_packages,
    machine_record,
    out_of_memory,
)
from .last_token import last_token_states
from .routes import ONE_PASS, SEPARATE, Route

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
    check_config(name, config)
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


def ready(model: Any, name: str) -> Any:
    """Freeze a model, see that it is causal, and give it float64 buffers where it is float64.

    Prompts that begin alike are computed together and alone: where the two differ, the model's
    prompts are computed one by one from then on.

    Raises:
        InputError: A later token changes an earlier state: an encoder; or no architecture that
            can be read.
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
        remember(model, _find_handling(model))
    return model


def _find_handling(model: Any) -> Handling:
    """What the config promises, less what does not give the states of separate passes."""
    promised = handling_by_config(model.config)
    remember(model, promised._replace(share=False, branches=False))
    alone = last_token_states(model, _TRIE, route=SEPARATE)[:, -1]
    if promised.padding and not _agrees(model, alone, SEPARATE._replace(pad=2)):
        promised = promised._replace(padding=False)
    if not promised.share:
        return promised
    for branches in (True, False) if promised.branches else (False,):
        remember(model, promised._replace(branches=branches))
        if _agrees(model, alone, ONE_PASS):
            return promised._replace(branches=branches)
    # Unknown to us what it keeps: prompt by prompt is right, if slower.
    return Handling(share=False, padding=False)


def _agrees(model: Any, alone: torch.Tensor, route: Route) -> bool:
    """Whether a route gives the states of separate passes but for rounding.

    The yardstick is what the context does: the distance between prompts that end with the same
    token. A cache, mask or position that goes wrong is off by about that much; rounding, also in
    16 bits, by far less.
    """
    import torch

    try:
        found = last_token_states(model, _TRIE, route=route)[:, -1]
    except (RuntimeError, TypeError, AttributeError, IndexError, KeyError, ValueError) as error:
        if out_of_memory(error):
            raise
        return False
    exact = alone.double()
    context = torch.stack([(exact[a] - exact[b]).norm() for a, b in _SAME_END]).min()
    apart = (found.double() - exact).norm(dim=-1).max()
    return bool(apart <= context * {torch.float64: 1e-7, torch.float32: 1e-2}.get(model.dtype, 0.5))


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


_TRIE = ([1, 2], [1, 2, 3], [1, 2, 3, 4, 5, 3, 3], [1, 2, 3, 6], [1, 2, 4], [5, 2])
"""Prompts that begin alike and part, to see that computing them together is right."""
_SAME_END = ((0, 5), (1, 2))
"""Which of them end with the same token."""
