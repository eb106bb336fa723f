"""Curves and pages in the experiment trackers that lm-eval logs to.

lm-eval hands W&B and Trackio its scalars and samples. Of Snellen's tasks the curves over length,
the tables and the page are added, made from the same samples.
"""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from lm_eval.loggers import TrackioLogger, WandbLogger

from ..errors import InputError
from ..reports.curves import curves
from ..reports.run.report import write_report
from ..reports.trackers import Tracked, log_into
from ..store.answers import Reply
from ..store.trials import trial_row, trial_table, write_trials
from .samples import sample_of

Samples = Mapping[str, Sequence[Mapping[str, Any]]]
_LOGGERS = {"wandb": WandbLogger, "trackio": TrackioLogger}


@contextlib.contextmanager
def curves_in_trackers() -> Iterator[None]:
    """Within it, what lm-eval logs of Snellen's tasks has its curves and its page beside it."""
    stock = {name: logger.log_eval_samples for name, logger in _LOGGERS.items()}
    for name, logger in _LOGGERS.items():
        logger.log_eval_samples = _with_curves(name, stock[name])
    try:
        yield
    finally:
        for name, logger in _LOGGERS.items():
            logger.log_eval_samples = stock[name]


def _with_curves(name: str, stock: Callable[..., None]) -> Callable[..., None]:
    def log_eval_samples(self: Any, samples: Samples) -> None:
        stock(self, samples)
        results = self.results
        model = str(results.get("model_name") or results.get("model_source") or "model")
        trials = _trials(samples, model)
        if trials is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            write_trials(path / "trials.csv", trials)
            report = write_report(path, trials, {"source": "lm-eval", "model": model})
            files = [path / file for file in ("curves.csv", "acuity.csv", "trials.csv")]
            what = Tracked(model, {}, curves(trials), report.acuities, report.page, files)
            log_into(importlib.import_module(name), what)

    return log_eval_samples


def _trials(samples: Samples, model: str) -> pd.DataFrame | None:
    """The table of trials of Snellen's tasks; none where there are no such samples."""
    rows: dict[Any, dict[str, Any]] = {}
    for task, found in samples.items():
        for sample in found:
            try:
                asked, text = sample_of(sample)
            except (InputError, ValueError, LookupError, TypeError, AttributeError):
                break  # somebody else's task
            # A sample stands once under every filter.
            rows.setdefault(asked.id, trial_row(task, model, asked, Reply(text)))
    if not rows:
        return None
    return trial_table(row | {"finish_reason": None} for row in rows.values())
