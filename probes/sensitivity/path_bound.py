"""The path-sum bound of Theorem 5.1 (B.5), from a model's own attention weights and norms.

``||d y_n / d v_i|| <= C [prod_l (A_l / beta1_l + I)]_{n,i}`` with
``C = (1 / beta3) prod_l (sigma_l / beta2_l + 1)``, as the proof has it (the statement in the
paper differs; docs/probes.md). The theorem assumes one head whose values are the normalised
states, norms that are constants, and attention that does not move with the input. On a real
model the constants below are estimates and the product is a prediction of the profile's shape,
not a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from ..states.architecture import decoder_of, is_recurrent, layers_of
from ..states.arithmetic import full_precision
from ..states.last_token import attention_kernel

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]

ATTENTION_NAMES = ("self_attn", "attn", "attention", "self_attention")
MLP_NAMES = ("mlp", "feed_forward", "ffn", "block_sparse_moe")


def path_sum(attention: ArrayLike, beta1: ArrayLike) -> Array:
    """``[prod_l (A_l / beta1_l + I)]_{n,i}`` for every i: the weighted number of paths to n.

    Args:
        attention: Shape (layers, n, n), row-stochastic and lower-triangular, first layer first.
        beta1: Shape (layers,): the constants of the norms before attention.

    Returns:
        Shape (n,). One vector-matrix product per layer: O(layers * n^2).
    """
    weights = np.asarray(attention, dtype=np.float64)
    row = np.zeros(weights.shape[-1])
    row[-1] = 1.0
    for layer, beta in zip(weights[::-1], np.asarray(beta1, dtype=np.float64)[::-1], strict=True):
        row = row @ layer / beta + row
    return row


def log10_prefactor(sigma: ArrayLike, beta2: ArrayLike, beta3: float) -> float:
    """``log10 C``: the bound's constant overflows a float for deep models."""
    growth = np.asarray(sigma, dtype=np.float64) / np.asarray(beta2, dtype=np.float64) + 1
    return float(np.log10(growth).sum() - np.log10(beta3))


class Anatomy(NamedTuple):
    """What the bound needs of a model on a prompt of n tokens.

    Attributes:
        attention: Shape (layers, n, n): the mean over heads.
        beta1: Shape (layers,): median over tokens of ``||v|| / ||norm1(v)||``.
        beta2: Shape (layers,): the same for z = v + attention output and what enters the
            feed-forward net (approximate for parallel residuals and sandwich norms).
        beta3: The same for the final norm.
        sigma: Shape (layers,): largest singular value of the feed-forward net's Jacobian at the
            last token, by power iteration.
    """

    attention: Array
    beta1: Array
    beta2: Array
    beta3: float
    sigma: Array


def anatomy_of(model: Any, ids: Sequence[int], *, iterations: int = 8) -> Anatomy:
    """Attention weights and estimated constants of a model on a prompt.

    Args:
        model: A frozen decoder-only model in float32 or float64.
        ids: The prompt's token ids.
        iterations: Power iterations for ``sigma``.

    Raises:
        InputError: The model gives no attention weights, its blocks are not recognised, or it
            carries a state past its attention.
    """
    import torch

    if is_recurrent(model.config):
        raise InputError(
            f"{type(model).__name__} carries a state from token to token beside its attention, if "
            "it has any: the path-sum bound counts paths through attention alone"
        )
    seen: dict[tuple[str, int], torch.Tensor] = {}
    handles = []
    blocks = layers_of(model)
    for i, block in enumerate(blocks):
        for name, module in (
            ("block", block),
            ("attention", _child(block, ATTENTION_NAMES)),
            ("mlp", _child(block, MLP_NAMES)),
        ):
            handles.append(
                module.register_forward_pre_hook(_keeper(seen, name, i), with_kwargs=True)
            )
            if name == "attention":
                handles.append(module.register_forward_hook(_output_keeper(seen, "added", i)))
        handles.append(block.register_forward_hook(_output_keeper(seen, "out", i)))
    tokens = torch.as_tensor([list(ids)], device=model.device)
    try:
        with torch.no_grad(), full_precision(model.dtype), attention_kernel(model, "eager"):
            out = decoder_of(model)(input_ids=tokens, use_cache=False, output_attentions=True)
    finally:
        for handle in handles:
            handle.remove()
    if not out.attentions or out.attentions[0] is None:
        raise InputError(
            f"{type(model).__name__} returned no attention weights: load it with "
            "attn_implementation='eager' and a configuration that allows output_attentions"
        )
    if any(weights.shape[-2:] != (len(ids), len(ids)) for weights in out.attentions):
        raise InputError(
            f"{type(model).__name__} returned attentions that are no weights of every token on "
            "every token: the path-sum bound does not know this architecture"
        )
    depth = range(len(blocks))
    before_mlp = [seen["block", i] + seen["added", i] for i in depth]
    return Anatomy(
        np.stack([a[0].double().mean(0).cpu().numpy() for a in out.attentions]),
        np.array([_beta(seen["block", i], seen["attention", i]) for i in depth]),
        np.array([_beta(before_mlp[i], seen["mlp", i]) for i in depth]),
        _beta(seen["out", len(blocks) - 1], out.last_hidden_state),
        np.array(
            [
                _largest_gain(_child(blocks[i], MLP_NAMES), seen["mlp", i][:, -1:], iterations)
                for i in depth
            ]
        ),
    )


def _child(block: Any, names: Sequence[str]) -> Any:
    for name in names:
        if hasattr(block, name):
            return getattr(block, name)
    raise InputError(
        f"{type(block).__name__} has no part called {' or '.join(names)}: the path-sum bound "
        "does not know this architecture; 'snellen probe collapse' needs no such part"
    )


def _keeper(seen: dict[tuple[str, int], torch.Tensor], name: str, layer: int) -> Any:
    def hook(_module: Any, args: Any, kwargs: Any) -> None:
        seen[name, layer] = (args[0] if args else kwargs["hidden_states"]).detach()

    return hook


def _output_keeper(seen: dict[tuple[str, int], torch.Tensor], name: str, layer: int) -> Any:
    def hook(_module: Any, _args: Any, output: Any) -> None:
        seen[name, layer] = (output[0] if isinstance(output, tuple) else output).detach()

    return hook


def _beta(before: torch.Tensor, after: torch.Tensor) -> float:
    """What a norm divides by: the median over tokens of the ratio of sizes."""
    ratio = before.double().norm(dim=-1) / after.double().norm(dim=-1)
    return float(ratio.median())


def _largest_gain(mlp: Any, x: torch.Tensor, iterations: int) -> float:
    """Largest singular value of the Jacobian of ``mlp`` at x, from below, by power iteration."""
    import torch

    x = x.detach().requires_grad_()
    with full_precision(x.dtype):
        y = mlp(x)
        y = y[0] if isinstance(y, tuple) else y
        # J u as the derivative of w -> J^T w: forward-mode AD is missing in some kernels.
        w = torch.zeros_like(y, requires_grad=True)
        (pulled,) = torch.autograd.grad(y, x, w, create_graph=True)
        direction = torch.ones_like(x) / x.numel() ** 0.5
        gain = 0.0
        for _ in range(iterations):
            (pushed,) = torch.autograd.grad(pulled, w, direction, retain_graph=True)
            (back,) = torch.autograd.grad(y, x, pushed, retain_graph=True)
            gain = float(pushed.norm())
            direction = back / back.norm()
    return gain
