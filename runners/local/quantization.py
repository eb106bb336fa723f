"""Weights in fewer bits, by torchao: every linear layer but the one that gives the scores."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...support.quiet import hush_torchao

if TYPE_CHECKING:
    from transformers import PreTrainedModel

GROUP = 32
"""Weights that share a scale in 4 bits."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "int8": "weights in 8 bits, a scale for every row",
        "int8_dynamic": "weights and activations in 8 bits, a scale for every row and token",
        "fp8": "weights in e4m3, a scale for every row",
        "int4": f"weights in 4 bits, a scale for every {GROUP}",
    }
)
"""What weights can be rounded to."""


def quantize(model: PreTrainedModel, kind: str) -> str:
    """Quantize a model where it lies.

    Args:
        model: the model; embeddings and the output layer stay as they are.
        kind: one of :data:`KINDS`.

    Returns:
        What was done, for the record: the kind, and the library with its version.

    Raises:
        InputError: the library is missing, or does not do that to this model or on this machine.
    """
    import torch

    hush_torchao()
    try:
        import torchao
        from torchao.quantization import quantize_
    except ImportError as error:
        raise InputError(
            f"--model-args quantization={kind} needs torchao: pip install 'snellen[quantized]'"
        ) from error
    head = model.get_output_embeddings()

    def chosen(module: torch.nn.Module, name: str) -> bool:
        return isinstance(module, torch.nn.Linear) and module is not head

    try:
        quantize_(model, _config(kind), filter_fn=chosen)
    except (RuntimeError, ValueError, AssertionError, NotImplementedError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"--model-args quantization={kind}: torchao cannot do that to this model here: {reason}"
        ) from error
    return f"{kind}, torchao {torchao.__version__}"


def _config(kind: str) -> Any:
    import torch
    from torchao.quantization import (
        Float8WeightOnlyConfig,
        Int8DynamicActivationInt8WeightConfig,
        Int8WeightOnlyConfig,
        IntxWeightOnlyConfig,
        PerGroup,
    )

    if kind == "int4":
        four_bits = vars(torch)["int4"]  # torch's stubs do not know it
        return IntxWeightOnlyConfig(weight_dtype=four_bits, granularity=PerGroup(GROUP))
    return {
        "int8": Int8WeightOnlyConfig,
        "int8_dynamic": Int8DynamicActivationInt8WeightConfig,
        "fp8": Float8WeightOnlyConfig,
    }[kind]()
