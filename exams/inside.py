"""Whether a model can wear lenses that change how it works, before it is started."""

from __future__ import annotations

from ..errors import InputError
from ..runners.registry import find_kind, kinds
from ..store.plan import Plan
from ..tasks.lenses import find_lens


def check_inside(plan: Plan) -> None:
    """Make sure that lenses inside a model are asked of a model in this process.

    Raises:
        InputError: they are not; says which models wear them.
    """
    if find_kind(plan.model).wears_inside:
        return
    for name in plan.lenses:
        if inside := find_lens(name).inside:
            able = ", ".join(kind.pattern for kind in kinds().values() if kind.wears_inside)
            raise InputError(
                f"lens {name!r}: {inside[0]} changes the forward pass, and nobody can reach into "
                f"{plan.model}; models that wear it: {able}"
            )


def check_effort(plan: Plan) -> None:
    """Make sure that an effort is asked of a model that is asked over the network, and once.

    Raises:
        InputError: it is not; says which models take one, or what contradicts it.
    """
    for name in plan.lenses:
        effort = find_lens(name).effort
        if effort and plan.reasoning_effort:
            raise InputError(
                f"lens {name!r} contradicts --reasoning-effort {plan.reasoning_effort}: both set "
                "how hard the model is to think; leave one of them out"
            )
        if effort and "extra_body" not in find_kind(plan.model).takes:
            able = ", ".join(k.pattern for k in kinds().values() if "extra_body" in k.takes)
            raise InputError(
                f"lens {name!r}: {plan.model} has no setting for how hard it thinks; models that "
                f"are asked for it: {able}"
            )


def check_open(model: str, what: str) -> None:
    """Make sure that a model is in this process.

    Args:
        model: its name.
        what: what is asked of it, as the beginning of a line: ``--why looks inside a model``.

    Raises:
        InputError: it is not.
    """
    if not find_kind(model).wears_inside:
        able = ", ".join(kind.pattern for kind in kinds().values() if kind.wears_inside)
        raise InputError(f"{what}, and {model} is not in this process; models that are: {able}")
