"""Over-squashing: how strongly the last state depends on each input token.

``J_i = d y_n / d v_i`` for every position i at once. With u of independent random signs,
``E ||J_i^T u||^2 = ||J_i||_F^2`` (Hutchinson 1989), and one backward pass gives ``J_i^T u`` for
all i: k probes cost k backward passes where the exact Jacobian costs d_model of them. Half of
the probes go to the few output directions that carry most of the norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ...errors import InputError
from ..states.architecture import decoder_of
from ..states.arithmetic import full_precision, readable

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]


class Norms(NamedTuple):
    """Frobenius norm of d y_n / d v_i per position, shape (n,), with a 95 % interval.

    The probes are shared by all positions, so errors move the whole profile together: its shape
    is known better than its height. ``low`` and ``high`` equal ``value`` when it is exact.
    """

    value: Array
    low: Array
    high: Array


class Profile(NamedTuple):
    """Norms, with what makes them scale-free.

    ``elasticity`` is ``norm * ||v_i|| / ||y_n||``: relative change out per relative change in.
    ``spectral`` is the norm of Theorem 5.1, the largest singular value of d y_n / d v_i; where
    the norms are estimated it is that of its part in the sketched directions, a lower limit that
    comes close, because the sketch looks for the directions that move most.
    """

    norms: Norms
    elasticity: Array
    spectral: Array


def estimated_norms(model: Any, ids: Sequence[int], *, probes: int = 16, seed: int = 0) -> Profile:
    """Norms by ``probes`` vector-Jacobian products: half exact, half random (Hutch++).

    The output directions that inputs move most are sketched by forward passes (finite
    differences of random directions). On their span the squared norm is summed exactly, one
    product per direction; random signs are spent on the rest alone, which varies less. The sum
    is unbiased whatever the sketch (Meyer et al. 2021, arXiv 2010.09649).

    Args:
        model: A frozen decoder-only model, in float32 or float64 (the noise of a 16-bit backward
            pass has its own null band).
        ids: The prompt's token ids, n of them.
        probes: Backward passes, at least 4 (the interval comes from the random ones' spread).
        seed: Seed of the directions and signs.

    Raises:
        InputError: Fewer than four probes.
    """
    import torch

    if probes < 4:
        raise InputError(f"--probes {probes} has no spread: give 4 or more, or --exact")
    inputs, output = _forward(model, ids)
    generator = torch.Generator().manual_seed(seed)
    basis = _sketch(model, ids, inputs, output, min(probes // 2, len(output) // 2), generator)
    pulled = np.stack([_pull(output, inputs, direction) for direction in basis.T])
    known = np.square(pulled).sum(axis=(0, 2))
    count = probes - basis.shape[1]
    signs = torch.randint(0, 2, (count, len(output)), generator=generator) * 2 - 1
    rest = signs.to(output)
    rest = rest - (rest @ basis) @ basis.T
    squares = np.stack([np.square(_pull(output, inputs, u)).sum(axis=-1) for u in rest])
    total = known + squares.mean(axis=0)
    # The interval is symmetric for the logarithm: a sum of squares is skewed and never negative.
    error = squares.std(axis=0, ddof=1) / np.sqrt(count) / np.maximum(total, np.finfo(float).tiny)
    factor = np.exp(stats.t.ppf(0.975, count - 1) * error / 2)
    norms = np.sqrt(total)
    return _profile(Norms(norms, norms / factor, norms * factor), pulled, inputs, output)


def _sketch(
    model: Any,
    ids: Sequence[int],
    inputs: torch.Tensor,
    output: torch.Tensor,
    count: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Orthonormal output directions, shape (d, count), that random input changes lead to."""
    import torch

    noise = torch.randn((count, *inputs.shape), generator=generator).to(inputs)
    # A thousandth of the embeddings' own size: far above rounding, still close to linear.
    step = 1e-3 * inputs.detach().square().mean().sqrt()
    with torch.no_grad(), full_precision(model.dtype):
        moved = _last_states(model, ids, inputs + step * noise) - output
        basis: torch.Tensor = torch.linalg.qr((moved / moved.norm(dim=-1, keepdim=True)).T)[0]
    return basis


def exact_norms(model: Any, ids: Sequence[int]) -> Profile:
    """Norms by the full Jacobian: one backward pass per coordinate of the state."""
    import torch

    inputs, output = _forward(model, ids)
    directions = torch.eye(len(output), dtype=output.dtype, device=output.device)
    jacobian = np.stack([_pull(output, inputs, row) for row in directions])
    norms = np.sqrt(np.square(jacobian).sum(axis=(0, 2)))
    return _profile(Norms(norms, norms, norms), jacobian, inputs, output)


def _forward(model: Any, ids: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Input embeddings (n, d) and the last state after the final norm (d,), with a graph."""
    import torch

    tokens = torch.as_tensor(list(ids), device=model.device)
    with torch.no_grad(), full_precision(model.dtype):
        inputs = model.get_input_embeddings()(tokens)
    inputs = inputs.detach().requires_grad_()
    return inputs, _last_states(model, ids, inputs[None])[0]


def _last_states(model: Any, ids: Sequence[int], embedded: torch.Tensor) -> torch.Tensor:
    """Last states after the final norm, shape (batch, d), with embeddings of one's own.

    They are put in where the model embeds its tokens: some models look at the tokens elsewhere
    too, and take no embeddings in their place.

    Args:
        model: A frozen decoder-only model.
        ids: The tokens, n of them.
        embedded: Shape (batch, n, d).
    """
    import torch

    tokens = torch.as_tensor([list(ids)], device=model.device).expand(len(embedded), -1)
    replaced: list[bool] = []

    def put(_module: Any, _args: Any, output: torch.Tensor) -> torch.Tensor:
        if replaced or output.shape != embedded.shape:
            return output
        replaced.append(True)
        return embedded * 1  # no leaf: some models add to it in place

    handle = model.get_input_embeddings().register_forward_hook(put)
    try:
        with full_precision(model.dtype), readable(type(model).__name__):
            found: torch.Tensor = decoder_of(model)(input_ids=tokens, use_cache=False)[0]
    finally:
        handle.remove()
    return found[:, -1]


def _pull(output: torch.Tensor, inputs: torch.Tensor, cotangent: torch.Tensor) -> Array:
    """J_i^T u for all positions, in float64, shape (n, d)."""
    import torch

    with full_precision(output.dtype):
        (gradient,) = torch.autograd.grad(output, inputs, cotangent, retain_graph=True)
    pulled: Array = gradient.double().cpu().numpy()
    return pulled


def _profile(norms: Norms, pulled: Array, inputs: torch.Tensor, output: torch.Tensor) -> Profile:
    """``pulled`` holds rows of every J_i, shape (rows, n, d)."""
    gram = np.einsum("rnd,snd->nrs", pulled, pulled, optimize=True)
    spectral = np.sqrt(np.linalg.eigvalsh(gram)[:, -1].clip(min=0.0))
    sizes = inputs.detach().double().norm(dim=-1).cpu().numpy()
    return Profile(norms, norms.value * sizes / float(output.detach().double().norm()), spectral)


class ProfileShape(NamedTuple):
    """Mean sensitivity of stretches of a sequence, and whether they make a U.

    ``early`` and ``late`` are the outer tenths without the very first and very last token (an
    attention sink and the residual path would make any profile a U), ``middle`` the central
    fifth.
    """

    first: float
    early: float
    middle: float
    late: float
    last: float
    u_shaped: bool


def profile_shape(norms: Array) -> ProfileShape:
    """Summarise the positions of a sequence, without what stands before and after it.

    Shorter than five positions there is no shape: nan.
    """
    n = len(norms)
    if n < 5:
        nan = float("nan")
        return ProfileShape(nan, nan, nan, nan, nan, False)
    tenth = max(1, n // 10)
    early = float(norms[1 : 1 + tenth].mean())
    late = float(norms[-1 - tenth : -1].mean())
    middle = float(norms[int(0.4 * n) : max(int(0.6 * n), int(0.4 * n) + 1)].mean())
    u_shaped = early > middle and late > middle
    return ProfileShape(float(norms[0]), early, middle, late, float(norms[-1]), u_shaped)
