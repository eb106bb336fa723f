"""A finished run as Python sees it: tables, acuities, figures, and how to show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..reports.measured_run import MeasuredRun
from ..reports.over_tasks import TaskMean, task_means
from ..reports.run.readings import thoughts_only
from ..reports.run.summary import CurveSummary, summarise, warnings
from ..store.curve_key import CurveKey
from ..store.pairing import load_run as load_tables

if TYPE_CHECKING:
    from ..support.figures import Picture


@dataclass(frozen=True)
class AcuityValue:
    """The acuity of one curve.

    Attributes:
        curve: which curve.
        value: the length in items at which half of the answers are correct, or ``None``.
        interval: its 95 % interval in items; 0 and infinity where an end is open.
        reason: why there is no value, empty if there is one.
        warnings: what a reader must know before trusting it.
        text: as quoted on the page: ``61 (48 to 72)``, ``> 512``, ``not quoted``.
    """

    curve: CurveKey
    value: float | None
    interval: tuple[float, float]
    reason: str = ""
    warnings: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Run(MeasuredRun):
    """A run that was carried out, or that was read from its folder.

    Attributes:
        path: its folder.
        manifest: what it was.
        trials: the table of trials, one row each (docs/run-directory.md).
        failures: requests that failed for good: how many for each reason.
        stopped: why not everything was asked, empty if it was.
    """

    failures: dict[str, int] = field(default_factory=dict)
    stopped: str = ""

    @property
    def over_tasks(self) -> list[TaskMean]:
        """How far the model sees over the tasks of each mode, answer form and lens.

        Each mean has two intervals: for exactly these tasks, and for tasks like these.
        """
        return task_means(self.curves)

    @property
    def summary(self) -> list[CurveSummary]:
        """One row per curve: what the screen shows at the end of a run."""
        return summarise(self.curves, self.acuities, thoughts_only(self.trials))

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before trusting the curves."""
        return warnings(self.summary, self.curves, self.acuities, self.manifest.dropped)

    @property
    def failed(self) -> int:
        """Trials whose request failed for good; the next run asks them again."""
        return int((self.trials["outcome"] == "failed").sum())

    @property
    def report(self) -> Path:
        """The page of the run."""
        return self.path / "report.html"

    def acuity(
        self,
        task: str | None = None,
        *,
        mode: str | None = None,
        answer: str | None = None,
        lens: str | None = None,
    ) -> AcuityValue:
        """The acuity (L50) of one curve.

        Args:
            task: its task; this and the others may be left out where the run has only one.
            mode: its mode.
            answer: its answer form.
            lens: its lens.

        Raises:
            InputError: the run has no such curve, or several.
        """
        key = self._curve(task, mode, answer, lens)
        report = self.acuities[key]
        l50 = report.l50
        return AcuityValue(
            key,
            l50.value,
            (float(l50.interval[0]), float(l50.interval[1])),
            l50.reason or "",
            tuple(report.warnings),
            str(l50),
        )

    def figure(self, task: str | None = None, kind: str = "error") -> Picture:
        """The figure of a task: ``error`` (the curve) or ``answers`` (the histogram).

        Raises:
            InputError: the run has no such task, or several, or there is no such figure.
        """
        from ..reports.figures.task_figures import task_figures
        from ..reports.histogram import histogram

        name = self._curve(task, None, None, None, unique=False).task
        trials, table = (t[t["task"] == name] for t in (self.trials, self.curves))
        drawn = task_figures(trials, table, histogram(trials), self.acuities)
        found = {one.kind: one.picture for one in drawn}
        if kind not in found:
            raise InputError(f"there is no figure {kind!r}; there are: {', '.join(found)}")
        return found[kind]

    def _curve(
        self,
        task: str | None,
        mode: str | None,
        answer: str | None,
        lens: str | None,
        *,
        unique: bool = True,
    ) -> CurveKey:
        name = task.removeprefix("snellen_") if task else None
        wanted = (name, mode, answer, lens)
        found = [
            key
            for key in self.acuities
            if all(w is None or w == k for w, k in zip(wanted, key, strict=True))
        ]
        tasks = {key.task for key in found}
        if len(found) == 1 or (found and not unique and len(tasks) == 1):
            return found[0]
        described = ", ".join(x for x in wanted if x is not None) or "any task"
        listed = "; ".join(", ".join(key) for key in found or self.acuities)
        problem = "several curves fit" if found else "no curve fits"
        raise InputError(f"{self.path}: {problem} {described}; there are: {listed}")

    def _repr_html_(self) -> str:
        """The summary and the error curves, for a notebook."""
        from ..reports.run.notebook import run_html

        tasks = dict.fromkeys(key.task for key in self.acuities)
        pictures = [self.figure(task) for task in tasks]
        return run_html(self.path.name, self.summary, self.warnings, pictures)

    def __repr__(self) -> str:
        told = ", ".join(f"{row.key.name}: {row.l50}" for row in self.summary[:4]) + (
            ", …" if len(self.summary) > 4 else ""
        )
        return f"Run({str(self.path)!r}, {len(self.trials):,} trials, L50 {told})"


def load_run(path: Path | str) -> Run:
    """Read a run directory.

    Raises:
        InputError: it is not one, or a newer Snellen wrote it.
    """
    found = load_tables(Path(path))
    return Run(found.path, found.manifest, found.trials)
