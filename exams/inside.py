"""Whether a model can wear lenses that change its forward pass, before it is started."""

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
