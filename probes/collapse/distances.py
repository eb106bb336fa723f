"""How far apart two states are: the paper's norms, and the ones it leaves out.

The paper uses an absolute L-infinity norm in its figures and L1 in its theorem; neither says
whether a dtype can still hold the difference. Relative, ULP and bit-equality measures do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]

STATE_METRICS = (
    "linf",
    "linf_min",
    "linf_max",
    "l1",
    "rel_l2",
    "cosine",
    "ulp",
    "bit_equal",
)
"""Columns of :func:`state_distances`, in order."""

HEAD_METRICS = ("kl", "tv", "argmax_changed")
"""Columns of :func:`distribution_distances`, in order."""


def state_distances(a: torch.Tensor, b: torch.Tensor, heads: int) -> dict[str, Array]:
    """Distances between states of shape (..., d_model), each of shape (...).

    - ``linf``, ``linf_min``, ``linf_max``: L-infinity norm of the difference within each head,
      then mean, least and largest over heads (Figure 5). A residual state has no heads of its
      own: d_model is cut into ``heads`` consecutive blocks, of equal width where it divides.
    - ``l1``: the norm of Theorem B.3.
    - ``rel_l2``: L2 norm of the difference over the root mean square of the two norms.
    - ``cosine``: one minus the cosine similarity.
    - ``ulp``: L-infinity norm in units in the last place of the dtype at the largest entry.
    - ``bit_equal``: share of coordinates that are the same number.

    Args:
        a: States at the dtype they were computed in.
        b: States of the same shape and dtype.
        heads: Blocks for the mean over heads.
    """
    import torch

    x, y = a.double(), b.double()
    gap = (x - y).abs()
    per_head = torch.stack(
        [block.amax(dim=-1) for block in torch.tensor_split(gap, heads, dim=-1)], dim=-1
    )
    norms = (x.square().sum(-1), y.square().sum(-1))
    size = ((norms[0] + norms[1]) / 2).sqrt()
    largest = torch.maximum(x.abs().amax(-1), y.abs().amax(-1))
    dot = (x * y).sum(-1)
    out = {
        "linf": per_head.mean(-1),
        "linf_min": per_head.amin(-1),
        "linf_max": per_head.amax(-1),
        "l1": gap.sum(-1),
        "rel_l2": gap.square().sum(-1).sqrt() / size,
        "cosine": (1 - dot / (norms[0] * norms[1]).sqrt()).clamp(min=0.0),
        "ulp": gap.amax(-1) / spacing(largest, a.dtype),
        "bit_equal": (gap == 0).double().mean(-1),
    }
    return {name: value.numpy() for name, value in out.items()}


def spacing(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Distance from each positive x to the next larger number of ``dtype``, in float64.

    ``eps * 2**floor(log2 x)``: one unit in the last place.
    """
    import torch

    info = torch.finfo(dtype)
    _, exponent = torch.frexp(x.double().clamp(min=info.tiny))
    return torch.ldexp(torch.full_like(exponent, 1, dtype=torch.float64) * info.eps, exponent - 1)


def distribution_distances(logits_a: torch.Tensor, logits_b: torch.Tensor) -> dict[str, Array]:
    """Distances between next-token distributions from float64 logits (..., vocabulary).

    ``kl`` is KL(a || b) in nats, ``tv`` the total variation with the factor 1/2 (so 0 to 1),
    ``argmax_changed`` 1 where the most likely token differs.
    """
    import torch

    p, q = torch.log_softmax(logits_a, -1), torch.log_softmax(logits_b, -1)
    # xlogy-style guard: a logit of -inf carries no mass and no divergence.
    terms = torch.where(p == -torch.inf, 0.0, p.exp() * (p - q))
    out = {
        "kl": terms.sum(-1).clamp(min=0.0),
        "tv": (p.exp() - q.exp()).abs().sum(-1) / 2,
        "argmax_changed": (p.argmax(-1) != q.argmax(-1)).double(),
    }
    return {name: value.numpy() for name, value in out.items()}
