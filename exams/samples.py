"""Several runs of one model on the same prompts, taken as several samples of each prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..errors import InputError
from ..reports.samples import SampledCurve, sampled_curves, sampled_points
from ..support.csvs import csv_of
from ..support.files import write_atomically
from .loaded import Run, load_run

_PROMPT = ["task", "mode", "answer_form", "lens", "length", "index", "seed"]


def samples(runs: Sequence[Run | Path | str]) -> tuple[list[SampledCurve], pd.DataFrame]:
    """What several runs at a temperature above 0 say of these prompts, and of prompts like them.

    The runs differ in their sampling seed or replicate alone, so that each prompt has as many
    answers as there are runs.

    Args:
        runs: two runs or more, or their folders.

    Returns:
        How far every curve sees for both populations, and the table of accuracies by length (see
        `reports.samples.sampled_points`).

    Raises:
        InputError: there is one run only, they are of several models, a run is greedy, one is
            given twice, or they asked different prompts.
    """
    found = [run if isinstance(run, Run) else load_run(run) for run in runs]
    if len(found) < 2:
        raise InputError("several samples of a prompt need two runs or more; give their folders")
    first = found[0]
    if len({run.path.resolve() for run in found}) < len(found):
        raise InputError("a run is given twice; each is one sample")
    for run in found:
        plan = run.manifest.plan
        if plan.model != first.manifest.plan.model:
            raise InputError(
                f"{run.path} is of {plan.model} and {first.path} of {first.manifest.plan.model};"
                " samples are of one model"
            )
        if plan.temperature == 0:
            raise InputError(
                f"{run.path} is greedy: its answers are no samples; run with --temperature and"
                " another --sampling-seed each time"
            )
    trials = pd.concat([run.trials for run in found], ignore_index=True)
    prompts = trials.groupby(_PROMPT, observed=True)["prompt_sha256"].nunique()
    if (prompts > 1).any():
        task, *_, length, index, _ = prompts.index[(prompts > 1).to_numpy()][0]
        raise InputError(f"{task} length {length} index {index} was asked in different words")
    if not (trials.groupby(_PROMPT, observed=True).size() > 1).any():
        raise InputError("the runs have no prompt in common; run the same tasks, lengths and seed")
    return sampled_curves(trials), sampled_points(trials)


def write_table(path: Path, points: pd.DataFrame) -> Path:
    """Write the table of `samples`; its folder is made.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be written: {error.strerror}") from error
    return write_atomically(path, csv_of(points))
