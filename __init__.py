"""Snellen: an eye chart for language models.

The verbs of the command line as functions, imported when first used::

    import snellen

    run = snellen.run(snellen.Plan(model="bundled", tasks="copy_last", lengths="1,2,4,8"))
    print(run.acuity("copy_last"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .errors import InputError as InputError
    from .errors import ModelRefused as ModelRefused
    from .errors import SnellenError as SnellenError
    from .errors import StoreError as StoreError
    from .exams.acuity import acuity as acuity
    from .exams.compare import compare as compare
    from .exams.design import design as design
    from .exams.export import export as export
    from .exams.gate.gate import gate as gate
    from .exams.gate.limits import Limits as Limits
    from .exams.gate.result import GateResult as GateResult
    from .exams.leaderboard import leaderboard as leaderboard
    from .exams.loaded import AcuityValue as AcuityValue
    from .exams.loaded import Run as Run
    from .exams.loaded import load_run as load_run
    from .exams.merge import merge as merge
    from .exams.outside import acuity_from as acuity_from
    from .exams.prescribe.apply import apply_lens as apply_lens
    from .exams.prescribe.prescribe import prescribe as prescribe
    from .exams.prescribe.result import Prescription as Prescription
    from .exams.prescribe.result import load_prescription as load_prescription
    from .exams.results import Results as Results
    from .exams.results import load_results as load_results
    from .exams.run import run as run
    from .exams.samples import samples as samples
    from .exams.settings import Settings as Settings
    from .exams.sweep.plan_file import SweepPlan as SweepPlan
    from .exams.sweep.result import Sweep as Sweep
    from .exams.sweep.sweep import sweep as sweep
    from .exams.track import track as track
    from .runners.dispatch.provider import Provider as Provider
    from .runners.kinds import ModelKind as ModelKind
    from .store.plan import Plan as Plan
    from .tasks.lenses import Lens as Lens
    from .tasks.task import Task as Task

_HOME = {
    "AcuityValue": "exams.loaded",
    "GateResult": "exams.gate.result",
    "InputError": "errors",
    "Lens": "tasks.lenses",
    "Limits": "exams.gate.limits",
    "ModelKind": "runners.kinds",
    "ModelRefused": "errors",
    "Plan": "store.plan",
    "Prescription": "exams.prescribe.result",
    "Provider": "runners.dispatch.provider",
    "Results": "exams.results",
    "Run": "exams.loaded",
    "Settings": "exams.settings",
    "SnellenError": "errors",
    "StoreError": "errors",
    "Sweep": "exams.sweep.result",
    "SweepPlan": "exams.sweep.plan_file",
    "Task": "tasks.task",
    "acuity": "exams.acuity",
    "acuity_from": "exams.outside",
    "apply_lens": "exams.prescribe.apply",
    "compare": "exams.compare",
    "design": "exams.design",
    "export": "exams.export",
    "gate": "exams.gate.gate",
    "leaderboard": "exams.leaderboard",
    "load_prescription": "exams.prescribe.result",
    "load_results": "exams.results",
    "load_run": "exams.loaded",
    "merge": "exams.merge",
    "prescribe": "exams.prescribe.prescribe",
    "run": "exams.run",
    "samples": "exams.samples",
    "sweep": "exams.sweep.sweep",
    "track": "exams.track",
}
"""Where each public name is at home; a module is imported when its name is first used."""

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
