"""What a gate says of itself: who was asked, what, and how the two are known to differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...runners.protocol import Runner
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from .limits import Limits
from .pairs import Side
from .sides import KeptSide
from .spending import Spending


def names_of(kept: KeptSide | None, plan: Plan, judged: Plan) -> dict[Side, str]:
    """The two sides as a reader knows them: by the option that named them, model and address."""
    if kept is not None:
        return {"a": f"A (--baseline {kept.run.path})", "b": f"B ({_at(judged)})"}
    return {"a": f"A (--model {_at(plan)})", "b": f"B (--against {_at(judged)})"}


def _at(plan: Plan) -> str:
    return f"{plan.model} at {plan.base_url}" if plan.base_url else plan.model


def differences(
    kept: KeptSide | None, runner_a: Runner | None, plan: Plan, runner_b: Runner, judged: Plan
) -> list[str]:
    """What is known to differ between the two deployments: said, not refused."""
    found = []
    if plan.model != judged.model:
        found.append(f"the models differ: A is {plan.model}, B is {judged.model}")
    numerics = dict(runner_a.numerics if runner_a else kept.run.manifest.numerics if kept else {})
    for name in sorted({*numerics, *runner_b.numerics}):
        old, new = numerics.get(name), runner_b.numerics.get(name)
        if old != new and not isinstance(old or new, dict):
            found.append(f"{name}: A {old}, B {new}")
    if kept is not None:
        found.append("the noise floor is B's own: A is a kept run and cannot be asked again")
    return found


def about_of(
    kept: KeptSide | None, plan: Plan, judged: Plan, curves: Sequence[CurveKey], limits: Limits,
    spending: Spending,
) -> dict[str, Any]:  # fmt: skip
    """The parts of gate.json that say who was asked, what, and how sure it must be."""
    return {
        "a": {"model": plan.model, "base_url": plan.base_url,
              "baseline": str(kept.run.path) if kept else None},
        "b": {"model": judged.model, "base_url": judged.base_url},
        "curves": [curve.name for curve in curves],
        "seed": plan.seed,
        "alpha": limits.alpha,
        "power": limits.power,
        "margin": limits.margin,
        "tokens": spending.tokens,
        "cost_usd": spending.usd,
    }  # fmt: skip
