"""The columns of the tables that are handed out: names, types, and what stands in each.

They are part of the contract: columns are only added, at the end. docs/export.md is made from
what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...store.trials import OUTCOMES

TEXT, WHOLE, REAL, YES_NO = "string", "int64", "float64", "bool"


class Column(NamedTuple):
    """A column: its type, and what it holds."""

    kind: str
    what: str


_RUN = {
    "run": Column(TEXT, "the run: its folder, as far as that tells it from the others here"),
    "model": Column(TEXT, "the model's name, as given"),
    "run_id": Column(TEXT, "the run's own name"),
}
_CURVE = {
    "task": Column(TEXT, "what is asked"),
    "task_version": Column(WHOLE, "version of the task's prompt; empty where nobody knows it"),
    "mode": Column(TEXT, "how the answer is prompted"),
}
_LENS = {"lens": Column(TEXT, "the change to the prompt; `none` for the bare prompt")}
_ENGINE = {
    "engine": Column(TEXT, "what computed the answers, where it is known"),
    "engine_version": Column(TEXT, "its version"),
    "dtype": Column(TEXT, "precision of weights and arithmetic"),
    "numerics": Column(TEXT, "everything known of the engine, as JSON"),
    "endpoint": Column(TEXT, "the server that was asked; empty for a model in this process"),
    "temperature": Column(REAL, "sampling temperature; 0 is greedy"),
    "sampling_seed": Column(WHOLE, "seed sent to the provider"),
    "replicate": Column(WHOLE, "which time these questions were asked"),
    "snellen_version": Column(TEXT, "the version of Snellen that asked"),
    "created": Column(TEXT, "when the run was started (UTC, ISO 8601)"),
    "finished": Column(TEXT, "when it had an answer or a failure for every trial"),
    "complete": Column(YES_NO, "whether everything that was planned was asked"),
}
_COUNTS: dict[str, Column] = {
    outcome: Column(WHOLE, f"trials whose outcome is `{outcome}`") for outcome in OUTCOMES
}


def _interval(name: str, what: str) -> dict[str, Column]:
    return {
        name: Column(REAL, what),
        f"{name}_low": Column(REAL, f"low end of the 95 % interval of `{name}`"),
        f"{name}_high": Column(REAL, "its high end"),
    }


TRIALS: Mapping[str, Column] = {
    **_RUN,
    **_CURVE,
    "answer_form": Column(TEXT, "`free` text, `forced`, or `choice`"),
    **_LENS,
    "length": Column(WHOLE, "items in the sequence"),
    "tokens": Column(WHOLE, "tokens of the sequence under the model's tokenizer, if counted"),
    "index": Column(WHOLE, "number of the trial at this length, from 0"),
    "seed": Column(WHOLE, "seed of the questions"),
    "truth": Column(TEXT, "the expected answer"),
    "answer": Column(TEXT, "the answer that was found in the text; empty if none was"),
    "outcome": Column(TEXT, "`correct`, `wrong`, `unparseable`, `truncated`, `refused`, `failed`"),
    "abs_error": Column(REAL, "distance from answer to truth; empty without an answer"),
    "finish_reason": Column(TEXT, "why the text ended"),
    "reading": Column(TEXT, "the rule that found the answer"),
    "rivals": Column(TEXT, "the readings that remained when there was more than one"),
    "depth": Column(REAL, "for `lookup`: where the record stands, from 0 to 1"),
    "log_odds": Column(REAL, "of a `choice`: log odds of the truth, in nats"),
    "prompt_tokens": Column(WHOLE, "as the provider bills them"),
    "completion_tokens": Column(WHOLE, "as billed, hidden reasoning included"),
    "latency_s": Column(REAL, "seconds"),
    "prompt_sha256": Column(TEXT, "hash of the prompt (UTF-8)"),
    "response": Column(TEXT, "what was said, word for word; missing for a request that failed, "
                       "and where the run's journal is not at hand"),
    "reasoning": Column(TEXT, "reasoning text, where it comes apart from the answer"),
    "failure": Column(TEXT, "why the request failed, of `failed` trials"),
    **_ENGINE,
}  # fmt: skip
PROMPT = {"prompt": Column(TEXT, "what was asked, word for word; missing where this version of "
                           "Snellen asks otherwise")}  # fmt: skip
CURVES: Mapping[str, Column] = {
    **_RUN,
    **_CURVE,
    "answer": Column(TEXT, "form of the answers: `free`, `forced`, or `choice`"),
    **_LENS,
    "length": Column(WHOLE, "items in the sequence"),
    "tokens": Column(REAL, "median tokens of the sequence"),
    "n": Column(WHOLE, "trials asked"),
    **_COUNTS,
    "answered": Column(WHOLE, "`n` without `failed`"),
    **_interval("accuracy", "`correct / answered` (Wilson)"),
    "accuracy_truncated_wrong": Column(REAL, "the same, truncated answers counted as wrong"),
    "accuracy_truncated_excluded": Column(REAL, "the same, truncated answers left out"),
    "error_n": Column(WHOLE, "answers that have an absolute error"),
    **_interval("error_mean", "their mean absolute error"),
    **_interval("error_median", "their median"),
    **_interval("error_p90", "their 90th percentile"),
    "log_odds_median": Column(REAL, "median of `log_odds`"),
    **_ENGINE,
}
ACUITY: Mapping[str, Column] = {
    **_RUN,
    **_CURVE,
    "answer": Column(TEXT, "form of the answers"),
    **_LENS,
    "chance": Column(REAL, "probability of a right guess at the shortest length"),
    "trials": Column(WHOLE, "trials asked"),
    **_COUNTS,
    "answered": Column(WHOLE, "`trials` without `failed`"),
    "shortest": Column(WHOLE, "shortest length asked"),
    "longest": Column(WHOLE, "longest length asked"),
    **_interval("L50", "length at which accuracy falls through one half"),
    **_interval("L80", "through 0.8"),
    **_interval("L90", "through 0.9"),
    "tokens_per_item": Column(REAL, "of the longest sequences"),
    "L50_tokens": Column(REAL, "tokens of a sequence of `L50` items"),
    "reason": Column(TEXT, "why no L50 is quoted"),
    "warnings": Column(TEXT, "what a reader must know, joined by `; `"),
    **_interval("sees", "restricted mean acuity: how far the model sees on the lengths asked, in "
                "items; it exists where L50 does not"),
    "L50_quoted": Column(TEXT, "L50 as it is quoted: `61 (48 to 72)`, `> 512`, `not quoted`"),
    **_ENGINE,
}  # fmt: skip
TABLES: Mapping[str, Mapping[str, Column]] = {"trials": TRIALS, "curves": CURVES, "acuity": ACUITY}
"""The tables by name, in the order in which they are listed."""


def described(columns: Mapping[str, Column]) -> list[str]:
    """The rows of a Markdown table of columns: name, type, what."""
    return [
        "| column | type | what |",
        "|---|---|---|",
        *(f"| `{name}` | {column.kind} | {column.what} |" for name, column in columns.items()),
    ]
