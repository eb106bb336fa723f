"""The paper's own published numbers through every rule: each comes out as the paper says.

Or as not testable: no rule may refute the paper by the paper's own points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from snellen.probes.collapse.null_band import find_horizon
from snellen.probes.paper import mechanism, verdicts
from snellen.probes.paper.behaviour import COPYING, COUNTING, behaviour_figures
from snellen.probes.paper.verdicts import Claim
from snellen.reports.paper.published import published as real_points

from .test_paper import paper_run


def copied(task: str) -> pd.DataFrame:
    """The paper's points of a copying task as trials."""
    rows = real_points(task)
    rows = rows[rows.quantity == "correct"]
    outcome = rows.value.map({1.0: "correct", 0.0: "wrong"})
    return rows.assign(outcome=outcome, task=task, lens="none", index=0)


PUBLISHED_CLAIMS = ["2a", "2b", "2c", "11 (Type 1)", "11 (Type 2)"]


def test_published_answers_come_out_as_the_paper_says() -> None:
    """Figures 2, 3, 6 and 11, each point of the paper a trial, through the page's own rules."""
    tasks = [
        name for lines in COPYING.values() for panel in lines.values() for name in panel.values()
    ]
    copies = pd.concat([copied(task) for task in dict.fromkeys(tasks)])
    for figure in ("3", "6"):
        counts = []
        for task in COUNTING:
            rows = real_points(task)
            rows = rows[(rows.figure == figure) & (rows.quantity == "absolute_error")]
            assert len(rows) == 60
            counts.append(
                rows.assign(
                    abs_error=rows.value, outcome="unparseable", task=task, lens="none", index=0,
                    answer=None, truth="0", seed=0,
                )
            )  # fmt: skip
        trials = pd.concat([*counts, copies], ignore_index=True)
        found = {f.figure: f for d in behaviour_figures(trials, real_points) for f in d.findings}
        for name in PUBLISHED_CLAIMS + [f"3, 6 ({i})" for i in ("i", "ii", "iii", "iv")]:
            assert found[name].verdict == Claim.HELD, found[name]
    last = copied("paper_copy_last")
    assert verdicts.sees_farther("11", "c", last, last).verdict == Claim.NOT_HELD
    assert verdicts.better_than("2a", "c", last, copied("paper_copy_first")).verdict == (
        Claim.NOT_HELD
    )


def test_published_answers_pile_up_as_the_paper_says() -> None:
    """Figure 4: of the 80 answers without chain of thought 22 are 100 and 6 are 150."""
    truths = [str(n) for n in range(5, 200, 10)] * 4
    answers = ["100"] * 22 + ["150"] * 6 + truths[28:]
    rows = pd.DataFrame({"answer": answers, "truth": truths})
    assert verdicts.has_attractor("4", "c", rows).verdict == Claim.HELD


def test_published_distances_come_out_as_the_paper_says() -> None:
    """Figure 5: each rule holds, or cannot be tested, and none refutes the paper by itself."""
    lengths = pd.Series(mechanism.FIG5_LENGTHS)
    for kind in ("count_ones", "count_sampled", "copy_ones"):
        values = pd.Series(mechanism.GEMMA_7B[kind])
        assert verdicts.falls("5", "c", lengths, values, needed=2001).verdict == Claim.HELD
        # The paper's line for a band, each point read off to 0.005.
        near = np.array([[v - 0.005, v, v + 0.005] for v in values])
        line = np.full((len(values), 2), mechanism.PAPER_LINE)
        horizon = pd.Series(find_horizon(lengths.tolist(), near, line)._asdict())
        horizon = horizon.rename({"value": "horizon"})
        found = verdicts.reaches_band("5", "c", horizon, values, mechanism.PAPER_LINE, needed=2001)
        assert found.verdict in (Claim.HELD, Claim.UNTESTABLE), (kind, found)
    ones, commas = (pd.Series(mechanism.GEMMA_7B[k]) for k in ("copy_ones", "copy_commas"))
    assert verdicts.farther("5d", "c", lengths, commas, ones, 2001).verdict == Claim.HELD
    assert verdicts.farther("5d", "c", lengths[:4], ones, ones, 2001).verdict == Claim.UNTESTABLE


def test_answers_copied_from_an_example_are_no_attractor() -> None:
    """An observer who repeats a worked example's answer wherever there is one."""
    run = paper_run()
    shown = run["mode"].eq("cot_fewshot") & run.task.str.contains("paper_count_word")
    run.loc[shown, ["answer", "outcome"]] = ["12", "wrong"]
    run.loc[~shown, "answer"] = run.truth
    run.loc[~shown, "outcome"] = "correct"
    drawn = {d.name: d for d in behaviour_figures(run, real_points)}
    found = {f.figure: f.verdict for f in drawn["fig7"].findings}
    assert found["7 (iv)"] == Claim.NOT_HELD
    copied = drawn["fig7"].table.query("task == 'paper_count_word' and value == '12'")
    assert copied.copied_example.tolist() == copied.answered.tolist() == [20]
