"""The paper's behavioural figures (2, 3, 4, 6, 7, 11) from a run of its own prompts."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ...support.palette import BLUE, GREEN, MUTED, ORANGE, VERMILLION
from ...tasks.registry import find_task
from ...tasks.trial import TrialId, rebuild_trial
from ..drawing import PUBLISHED, legend_below, new_figure, styled
from .verdicts import Finding, better_than, errors_grow, has_attractor, sees_farther

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Published = Callable[[str], pd.DataFrame]
"""Published points of a task: figure, model, mode, length, quantity, value."""

COUNTING = {
    "paper_sum_ones": "(i) sum of ones",
    "paper_count_ones": "(ii) ones in all ones",
    "paper_count_ones_bernoulli": "(iii) ones, P = 0.7",
    "paper_count_word": "(iv) the word 'car'",
}
MODES = {
    "direct": ("no CoT", BLUE, "o"),
    "cot": ("CoT", ORANGE, "s"),
    "cot_fewshot": ("CoT few-shot", GREEN, "^"),
}
COPYING = {
    "fig2": {
        "2a: last and first": {"last": "paper_copy_last", "first": "paper_copy_first"},
        "2b: a hint": {"last": "paper_copy_last", "last, hint": "paper_copy_last_hint"},
        "2c: interleaved": {
            "[0,1]*n + [0]": "paper_copy_last_interleaved_01",
            "[1,0]*n + [0]": "paper_copy_last_interleaved_10",
        },
    },
    "fig11": {
        "Type 1: question, form, sequence": {"last": "paper_copy_last_type1"},
        "Type 2: form, question, sequence": {"last": "paper_copy_last_type2"},
    },
}
LEVELS = ("cut or failed", "no answer found", "wrong", "correct")
_LEVEL = {"correct": 3, "wrong": 2, "unparseable": 1}
CLIP = 200


class Drawn(NamedTuple):
    """A figure with the numbers behind it and what they say."""

    name: str
    figure: Figure
    table: pd.DataFrame
    findings: list[Finding]


def behaviour_figures(trials: pd.DataFrame, published: Published) -> list[Drawn]:
    """Figures 2, 3, 4, 6, 7 and 11 from the trials of ``snellen_paper``."""
    kept = trials.assign(task=trials.task.str.removeprefix("snellen_"))
    kept = kept[kept.lens == "none"]
    return [
        Drawn("fig2", copy_figure(kept, published, "fig2"), _copy_rows(kept, "fig2"), _fig2(kept)),
        *(_errors(kept, published, n, who) for n, who in (("3", "Gemini 1.5"), ("6", "Gemma 7B"))),
        _histogram(kept, "fig4", ["direct"]),
        _histogram(kept, "fig7", list(MODES)),
        Drawn(
            "fig11", copy_figure(kept, published, "fig11"), _copy_rows(kept, "fig11"), _fig11(kept)
        ),
    ]


def _task(trials: pd.DataFrame, task: str) -> pd.DataFrame:
    return trials[trials.task == task].sort_values(["length", "index"])


@styled
def copy_figure(trials: pd.DataFrame, published: Published, name: str) -> Figure:
    """Correct or not by length, one panel per condition; the paper's points beside it."""
    panels = COPYING[name]
    figure, axes = new_figure(1, len(panels), width=4.0, height=2.6, sharey=True)
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        for i, (label, task) in enumerate(lines.items()):
            rows = _task(trials, task)
            height = rows.outcome.map(_LEVEL).fillna(0).astype(float) + 0.09 * i
            colour, marker = (BLUE, "o") if i == 0 else (VERMILLION, "s")
            axis.plot(
                rows.length, height, marker, color=colour, mfc="none" if i else colour, label=label
            )
            points = published(task)
            points = points[points.quantity == "correct"]
            axis.plot(
                points.length,
                points.value + 2 + 0.09 * i - 0.18,
                **{**PUBLISHED, "marker": "x" if i == 0 else "+"},
                label=f"published: {label}" if len(points) else None,
            )
        axis.set_ylim(-0.4, 5.2)  # room for the legend above "correct"
        axis.set_title(title)
        axis.set_xlabel("sequence length n")
        axis.legend(loc="upper left", ncols=2, columnspacing=1.0)
    axes[0].set_yticks(range(4), LEVELS)
    return figure


def _copy_rows(trials: pd.DataFrame, name: str) -> pd.DataFrame:
    tasks = [task for lines in COPYING[name].values() for task in lines.values()]
    columns = ["task", "length", "index", "truth", "answer", "outcome"]
    return trials[trials.task.isin(tasks)][columns]


def _fig2(trials: pd.DataFrame) -> list[Finding]:
    last, first, hint = (
        _task(trials, f"paper_copy_{which}") for which in ("last", "first", "last_hint")
    )
    mixed = pd.concat(
        [_task(trials, f"paper_copy_last_interleaved_{kind}") for kind in ("01", "10")]
    )
    return [
        better_than("2a", "The first digit is copied where the last is not.", first, last),
        better_than("2b", "A hint restores copying of the last digit.", hint, last),
        better_than("2c", "Interleaved digits are copied where a run is not.", mixed, last),
    ]


def _fig11(trials: pd.DataFrame) -> list[Finding]:
    last = _task(trials, "paper_copy_last")
    out = []
    for kind in ("1", "2"):
        rows = _task(trials, f"paper_copy_last_type{kind}")
        claim = f"With the question first (Type {kind}) the last digit is copied farther."
        out.append(sees_farther(f"11 (Type {kind})", claim, rows, last))
    return out


def _errors(trials: pd.DataFrame, published: Published, number: str, who: str) -> Drawn:
    rows = trials[trials.task.isin(COUNTING)]
    rows = rows.assign(copied_example=copied_examples(rows))
    # Figures 3 and 6 put the same questions to two models of the paper: judged once.
    findings = [
        errors_grow(
            f"3, 6 {COUNTING[task].split(')')[0]})", "Errors grow with n (no CoT).",
            _task(rows[rows["mode"] == "direct"], task),
        )
        for task in COUNTING
        if number == "3"
    ]  # fmt: skip
    columns = ["task", "mode", "length", "index", "truth", "answer", "outcome", "abs_error"]
    columns.append("copied_example")
    return Drawn(
        f"fig{number}", error_figure(rows, published, number, who), rows[columns], findings
    )


@styled
def error_figure(trials: pd.DataFrame, published: Published, number: str, who: str) -> Figure:
    """Absolute error by length, a panel per task, a colour per mode; the paper's points behind."""
    figure, axes = new_figure(1, 4, width=3.2, height=2.9, sharey=True)
    for axis, (task, title) in zip(axes, COUNTING.items(), strict=True):
        points = published(task)
        points = points[(points.figure == number) & (points.quantity == "absolute_error")]
        for mode, (label, colour, marker) in MODES.items():
            theirs = points[points["mode"] == mode]
            axis.plot(
                theirs.length, theirs.value.clip(upper=CLIP), marker, color=colour, mfc="none",
                alpha=0.45, ms=4, label=f"published {who}: {label}",
            )  # fmt: skip
            rows = _task(trials[trials["mode"] == mode], task)
            axis.plot(
                rows.length, rows.abs_error.astype(float).clip(upper=CLIP), marker + "-",
                color=colour, lw=1.0, label=f"this model: {label}",
            )  # fmt: skip
            copies = rows[rows.copied_example]
            axis.plot(
                copies.length, copies.abs_error.astype(float).clip(upper=CLIP), marker,
                color=colour, mfc="white",
            )  # fmt: skip
        everything = _task(trials, task)
        missing = int(everything.abs_error.isna().sum())
        copied = int(everything.copied_example.sum())
        axis.set_title(
            f"{title}\n{missing} of {len(everything)} answers not readable"
            f"\n{copied} copy a few-shot example (hollow)"
        )
        axis.set_xlabel("items n")
        axis.set_ylim(-4, CLIP + 8)
    axes[0].set_ylabel(f"absolute error (clipped at {CLIP})")
    legend_below(figure, columns=3)
    return figure


_EXAMPLE_ANSWER = re.compile(r"final answer to your maths question is: '?(\d+)")


def copied_examples(trials: pd.DataFrame) -> pd.Series:
    """Which few-shot answers are a wrong one that stood in the prompt's worked examples."""
    shown: dict[tuple[str, str], set[str]] = {}
    flags = []
    for row in trials.to_dict("records"):
        key = (row["task"], row["mode"])
        if "fewshot" not in row["mode"]:
            flags.append(False)
            continue
        if key not in shown:
            shown[key] = _example_answers(row)
        flags.append(row["outcome"] != "correct" and str(row["answer"]) in shown[key])
    return pd.Series(flags, index=trials.index, dtype=bool)


def _example_answers(row: Mapping[Hashable, Any]) -> set[str]:
    trial = TrialId(
        row["task"], row["mode"], row["lens"], find_task(row["task"]).version,
        int(row["length"]), int(row["index"]), int(row["seed"]),
    )  # fmt: skip
    return set(_EXAMPLE_ANSWER.findall(rebuild_trial(trial).prompt))


def _histogram(trials: pd.DataFrame, name: str, modes: list[str]) -> Drawn:
    rows = trials[trials.task.isin(COUNTING) & trials["mode"].isin(modes)]
    rows = rows.assign(copied_example=copied_examples(rows))
    columns = {"answered": (rows, "answer"), "true": (rows, "truth")}
    columns["copied_example"] = (rows[rows.copied_example], "answer")
    counts = [
        part.groupby("task")[column].value_counts().rename_axis(["task", "value"]).rename(label)
        for label, (part, column) in columns.items()
    ]
    table = pd.concat(counts, axis=1).fillna(0).astype(int).reset_index()
    # An example's answer in place of one's own piles up too, for another reason.
    claim = "Answers pile up on a few numbers whatever the truth"
    claim += " (answers copied from a worked example left out)." if len(modes) > 1 else "."
    own = rows[~rows.copied_example]
    findings = [
        has_attractor(f"{name[3:]} {COUNTING[task].split(')')[0]})", claim, _task(own, task))
        for task in COUNTING
    ]
    return Drawn(name, histogram_figure(rows, modes), table, findings)


@styled
def histogram_figure(trials: pd.DataFrame, modes: list[str]) -> Figure:
    """How often each number is answered, beside how often it is true; a panel per task.

    ``trials`` has a column ``copied_example``: those answers are drawn in another colour.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = new_figure(1, 4, width=3.2, height=2.7)
    copies = bool(trials.copied_example.any())
    for axis, (task, title) in zip(axes, COUNTING.items(), strict=True):
        rows = _task(trials, task)
        answers = pd.to_numeric(rows.answer, errors="coerce").dropna()
        truths = pd.to_numeric(rows.truth, errors="coerce").dropna()
        shown = answers.clip(lower=-10, upper=CLIP + 10)
        copied = rows.copied_example[answers.index]
        bins = [x - 2.5 for x in range(-10, CLIP + 21, 5)]
        look: dict[str, Any] = {"bins": bins, "histtype": "stepfilled"}
        axis.hist(truths, color=MUTED, alpha=0.35, label="true", **look)
        axis.hist(shown, color=BLUE, alpha=0.8, label="answered", **look)
        if copies:
            axis.hist(shown[copied], color=ORANGE, label="of these: copied from an example", **look)
        top = answers[~copied].value_counts()
        if len(top) and top.iloc[0] >= max(3, 2 * int((truths == top.index[0]).sum())):
            axis.annotate(
                f"{top.index[0]:g}: {top.iloc[0]}x", (min(top.index[0], CLIP + 10), top.iloc[0]),
                xytext=(4, 2), textcoords="offset points", fontsize=8, color=VERMILLION,
            )  # fmt: skip
        axis.margins(y=0.15)
        axis.yaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_title(f"{title}\n{len(answers)} of {len(rows)} readable")
        axis.set_xlabel(f"number (beyond {CLIP}: last bar)")
    axes[0].set_ylabel("times")
    counted = ", ".join(MODES[mode][0] for mode in modes)
    legend_below(figure, columns=3, title=f"answers counted: {counted}")
    return figure
