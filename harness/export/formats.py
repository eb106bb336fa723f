"""The forms in which runs are handed out: what each is, what it takes, who writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ...errors import InputError
from .columns import TABLES
from .dataset import write_dataset
from .eval_results import METRICS, write_eval_results
from .every_eval_ever import RELATIONSHIPS, write_records
from .identity import HUB_NAME, public_model
from .inspect_logs import write_logs
from .kept_run import KeptRun
from .tables import Kind, write_table

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One form.

    Attributes:
        name: its name on the command line.
        summary: what it is, in a line.
        write: writes runs into an empty folder; gives lines that a reader must know.
        takes: the options that mean something to it.
        needs: the option that it cannot do without, and what that is.
    """

    name: str
    summary: str
    write: Callable[[Path, Sequence[KeptRun], Options], list[str]]
    takes: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None


def find_format(name: str, options: Options) -> Format:
    """The form of a name, if its options go with it.

    Args:
        name: as on the command line.
        options: those that were given, by their names in Python.

    Raises:
        InputError: there is no such form, or an option means nothing to it, is missing or is
            not one.
    """
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r}; {_choose(name, list(FORMATS))}")
    found = FORMATS[name]
    for option in options:
        if option not in found.takes:
            who = [one.name for one in FORMATS.values() if option in one.takes]
            if not who:
                raise TypeError(f"export() takes no {option!r}")
            raise InputError(f"{_flag(option)} goes with --to {' or '.join(who)}, not {name}")
    for option in ("model_id", "benchmark"):
        value = options.get(option)
        if value is not None and not HUB_NAME.fullmatch(value):
            raise InputError(f"{_flag(option)} {value!r}: names on the Hub look like ORG/NAME")
    for option, known in (("metric", METRICS), ("relationship", RELATIONSHIPS)):
        value = options.get(option)
        if value is not None and value not in known:
            raise InputError(f"{_flag(option)} {value!r}: {_choose(value, known)}")
    if found.needs and options.get(found.needs[0]) is None:
        option, what = found.needs
        raise InputError(f"--to {name} needs {_flag(option)}: {what}")
    return found


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _choose(word: str, known: Sequence[str]) -> str:
    nearest, likeness, _ = process.extractOne(word, known, scorer=OSA.normalized_similarity)
    every = f"there are: {', '.join(known)}"
    return f"did you mean {nearest!r}? {every}" if likeness > 0.4 else every


def _tables(kind: Kind) -> Callable[[Path, Sequence[KeptRun], Options], list[str]]:
    def write(folder: Path, runs: Sequence[KeptRun], options: Options) -> list[str]:
        for name in TABLES:
            write_table(folder / f"{name}.{kind}", name, runs, kind, **options)
        return []

    return write


def _dataset(folder: Path, runs: Sequence[KeptRun], _: Options) -> list[str]:
    write_dataset(folder, runs)
    return ["the card states no licence: state one before you publish"]


def _inspect(folder: Path, runs: Sequence[KeptRun], _: Options) -> list[str]:
    write_logs(folder, runs)
    return []


def _records(folder: Path, runs: Sequence[KeptRun], options: Options) -> list[str]:
    notes = _names(runs, options)
    write_records(folder, runs, **options)
    if "organization" not in options:
        notes.append("who evaluated is 'unknown': say it with --organization")
    return notes


def _eval_results(folder: Path, runs: Sequence[KeptRun], options: Options) -> list[str]:
    notes = _names(runs, options)
    return notes + write_eval_results(folder, runs, **options)


def _names(runs: Sequence[KeptRun], options: Options) -> list[str]:
    """Under which name each model goes out.

    Raises:
        InputError: one name is given for several models.
    """
    given = options.get("model_id")
    names = {run.manifest.plan.model: public_model(run.manifest, given).id for run in runs}
    if given and len(names) > 1:
        raise InputError(f"--model-id names one model, and these are {', '.join(names)}")
    return [
        f"{model} goes out as {name}" + ("" if given else " (--model-id names another)")
        for model, name in names.items()
    ]


_BENCHMARK = "the dataset on the Hub whose leaderboard takes the results, ORG/NAME"
_ALL = (
    Format("parquet", "tables of trials, curves and acuities, with types", _tables("parquet"),
           ("prompts",)),
    Format("csv", "the same tables as text", _tables("csv"), ("prompts",)),
    Format("hf-dataset", "a dataset folder with a card, as datasets and the Hub take it", _dataset),
    Format("inspect", "logs of inspect_ai, one per curve", _inspect),
    Format("every-eval-ever", "records of Every Eval Ever, with every sample", _records,
           ("organization", "relationship", "model_id")),
    Format("eval-results", "what a model's repository on the Hub holds in .eval_results",
           _eval_results, ("benchmark", "metric", "model_id", "source_url"),
           needs=("benchmark", _BENCHMARK)),
)  # fmt: skip
FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
"""The forms by name, in the order in which they are listed."""
