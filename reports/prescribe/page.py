"""``prescription.html``: one self-contained page, safe to open whatever the model said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...store.curve_key import CURVE, CurveKey
from ...support.figures import Picture
from ..figures.drawing import OUTCOME_COLOURS
from ..formats import p_value, plain
from ..run.examples import LONG, Example, word_for_word
from ..run.page import environment
from ..trial_texts import Texts
from .forest import forest
from .sight import sight


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows of one task.

    Attributes:
        entry: its entry in prescription.json.
        forest: octaves gained by every lens.
        sight: both curves; none where no trial was answered.
        before: one question without the lens, word for word.
        after: the same question with it.
    """

    entry: Mapping[str, Any]
    forest: Picture
    sight: Picture | None
    before: Example | None
    after: Example | None


def section(
    entry: Mapping[str, Any], gain: float, trials: pd.DataFrame, texts: Texts, *, fresh: bool
) -> Section:
    """What the page shows of one task.

    Args:
        entry: its entry in prescription.json.
        gain: the ratio of L50 that matters.
        trials: the trials of the confirmation, or of the race where nothing was confirmed.
        texts: their words.
        fresh: whether they are those of the confirmation.
    """
    before = CurveKey(entry["task"], entry["mode"], entry["answer"], "none")
    after = before._replace(lens=entry["candidate"])
    here = pd.concat([_of(trials, before), _of(trials, after)])
    title = "on fresh questions" if fresh else "in the race"
    picture = None
    if (here["outcome"] != "failed").any():
        picture = sight(here, before, after, f"Accuracy {title}, 95 % Wilson intervals")
    shown = word_for_word(_one_question(here, before, after), texts)[0]
    by_lens = {one.key.lens: one for one in shown}
    return Section(
        entry, forest(entry, gain), picture, by_lens.get("none"), by_lens.get(after.lens)
    )


def page(found: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Write the page.

    Args:
        found: what prescription.json holds.
        sections: one per entry.
    """
    made = environment()
    made.filters |= {"factor": _factor, "money": _money, "number": _number, "p_told": _p}
    return made.get_template("prescription.html.j2").render(
        found=found, sections=sections, colours=OUTCOME_COLOURS, long=LONG,
        settled=sum(1 for one in found["prescriptions"] if one["lens"]),
    )  # fmt: skip


def _of(trials: pd.DataFrame, key: CurveKey) -> pd.DataFrame:
    for column, value in zip(CURVE, key, strict=True):
        trials = trials[trials[column] == value]
    return trials


def _one_question(here: pd.DataFrame, before: CurveKey, after: CurveKey) -> pd.DataFrame:
    """The two rows of a question to both: of those that the lens alone got right, a short one.

    It is shown for what the lens does to a prompt, and is no measure of how often it helps.
    """
    answered = here[here["outcome"] != "failed"]
    a, b = (_of(answered, key).set_index(["length", "index"]) for key in (before, after))
    both = (
        a[["outcome"]]
        .merge(b[["outcome"]], left_index=True, right_index=True, suffixes=("_a", "_b"))
        .sort_index()
    )
    won = both[(both["outcome_a"] != "correct") & (both["outcome_b"] == "correct")]
    among = won if len(won) else both
    if among.empty:
        return answered.iloc[:0]
    length, index = (int(part) for part in among.index[len(among) // 4])
    return answered[(answered["length"] == length) & (answered["index"] == index)]


def _factor(octaves: float | None) -> str:
    return "–" if octaves is None else f"×{plain(float(f'{2.0**octaves:.3g}'))}"


def _number(value: float | None) -> str:
    return "–" if value is None else plain(float(f"{value:.3g}"))


def _money(usd: float | None) -> str:
    if usd is None:
        return "unknown"
    return "free" if usd == 0 else f"${usd:.{max(2, 2 - math.floor(math.log10(usd)))}f}"


def _p(p: float) -> str:
    told = p_value(p)
    return told.replace("<", "< ") if told.startswith("<") else f"= {told}"
