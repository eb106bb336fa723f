"""The paper's figures and verdicts: rules by hand, and everything drawn on a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from snellen.probes.paper import mechanism as paper_mechanism
from snellen.probes.paper import verdicts
from snellen.probes.paper.behaviour import behaviour_figures
from snellen.probes.paper.page import render_page
from snellen.probes.paper.probe import probe_paper
from snellen.probes.paper.verdicts import Claim
from snellen.reports.paper.published import published as real_points
from snellen.store.trials import COLUMNS
from snellen.tasks.documents import trial_ids
from snellen.tasks.registry import GROUPS, find_task
from snellen.tasks.trial import rebuild_trial


def outcomes(correct: int, wrong: int, truncated: int = 0) -> pd.DataFrame:
    words = ["correct"] * correct + ["wrong"] * wrong + ["truncated"] * truncated
    return pd.DataFrame({"outcome": words})


@pytest.mark.parametrize(
    ("better", "worse", "verdict"),
    [
        (outcomes(9, 0), outcomes(2, 7), Claim.HELD),
        (outcomes(2, 7), outcomes(9, 0), Claim.NOT_HELD),
        (outcomes(5, 4), outcomes(5, 4), Claim.NOT_HELD),
        (outcomes(6, 3), outcomes(5, 4), Claim.UNTESTABLE),
        (outcomes(9, 0), outcomes(0, 4, truncated=50), Claim.UNTESTABLE),
    ],
)
def test_better_than(better: pd.DataFrame, worse: pd.DataFrame, verdict: Claim) -> None:
    assert verdicts.better_than("2a", "claim", better, worse).verdict == verdict


def errors(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"length": range(1, len(values) + 1), "abs_error": values})


def test_errors_grow() -> None:
    rise, flat = [float(n) for n in range(20)], [1.0, 0.0] * 10
    assert verdicts.errors_grow("3", "c", errors(rise)).verdict == Claim.HELD
    assert verdicts.errors_grow("3", "c", errors(rise[::-1])).verdict == Claim.NOT_HELD
    assert verdicts.errors_grow("3", "c", errors(flat)).verdict == Claim.UNTESTABLE
    few = verdicts.errors_grow("3", "c", errors([1.0, 2.0] + [np.nan] * 18))
    assert few.verdict == Claim.UNTESTABLE
    assert few.numbers == "2 readable answers"


def test_attractor() -> None:
    truths = [str(n) for n in range(20)]
    stuck = pd.DataFrame({"answer": ["100"] * 10 + truths[:10], "truth": truths})
    found = verdicts.has_attractor("4", "c", stuck)
    assert found.verdict == Claim.HELD
    assert found.numbers == "'100' is 50% of 20 answers and 0% of the truths"
    right = pd.DataFrame({"answer": truths, "truth": truths})
    assert verdicts.has_attractor("4", "c", right).verdict == Claim.NOT_HELD
    constant = pd.DataFrame({"answer": ["0"] * 20, "truth": ["0"] * 20})
    assert verdicts.has_attractor("4", "c", constant).verdict == Claim.NOT_HELD
    assert verdicts.has_attractor("4", "c", right.iloc[:9]).verdict == Claim.UNTESTABLE


def test_decay_and_band_rules() -> None:
    assert verdicts.decays("10", "c", -0.8, -0.9, -0.7).verdict == Claim.HELD
    assert verdicts.decays("10", "c", 0.3, 0.1, 0.5).verdict == Claim.NOT_HELD
    assert verdicts.decays("10", "c", 0.02, -0.01, 0.05).verdict == Claim.NOT_HELD
    assert verdicts.decays("10", "c", -0.2, -0.5, 0.1).verdict == Claim.UNTESTABLE
    n = pd.Series([1, 10, 100, 1000])
    assert verdicts.falls("5a", "c", n, 1 / n).verdict == Claim.HELD
    assert verdicts.falls("5a", "c", n, n * 1.0).verdict == Claim.NOT_HELD
    assert verdicts.falls("5a", "c", n, n * 1.0, needed=2001).verdict == Claim.UNTESTABLE
    barely = pd.Series([1.0, 0.9, 0.8, 0.7])
    assert verdicts.falls("5a", "c", n, barely).verdict == Claim.UNTESTABLE
    reached = pd.Series({"horizon": 50, "low": 20, "high": pd.NA, "longest": 100})
    assert verdicts.reaches_band("5a", "c", reached, needed=100).verdict == Claim.UNTESTABLE
    inside = pd.Series({"horizon": 50, "low": 20, "high": 80, "longest": 100})
    assert verdicts.reaches_band("5a", "c", inside, needed=100).verdict == Claim.HELD
    assert "50 (20 to beyond)" in verdicts.reaches_band("5a", "c", reached, needed=100).numbers
    never = pd.Series({"horizon": pd.NA, "low": pd.NA, "high": pd.NA, "longest": 100})
    assert verdicts.reaches_band("5a", "c", never, needed=100).verdict == Claim.NOT_HELD
    assert verdicts.reaches_band("5a", "c", never, needed=2001).verdict == Claim.UNTESTABLE


def test_the_paper_s_own_points_come_out_as_the_paper_says() -> None:
    """Figure 5 and 11 as published, through the rules: held, or not testable."""
    lengths = pd.Series(paper_mechanism.FIG5_LENGTHS)
    for kind in ("count_ones", "count_sampled", "copy_ones"):
        values = pd.Series(paper_mechanism.GEMMA_7B[kind])
        assert verdicts.falls("5", "c", lengths, values, needed=2001).verdict == Claim.HELD
    ones, commas = (pd.Series(paper_mechanism.GEMMA_7B[k]) for k in ("copy_ones", "copy_commas"))
    assert verdicts.farther("5d", "c", lengths, commas, ones, 2001).verdict == Claim.HELD
    assert verdicts.farther("5d", "c", lengths[:4], ones, ones, 2001).verdict == Claim.UNTESTABLE

    def points(task: str) -> pd.DataFrame:
        rows = real_points(task)
        rows = rows[rows.quantity == "correct"]
        outcome = rows.value.map({1.0: "correct", 0.0: "wrong"})
        return pd.DataFrame({"length": rows.length, "outcome": outcome})

    last = points("paper_copy_last")
    for kind in ("1", "2"):
        found = verdicts.sees_farther("11", "c", points(f"paper_copy_last_type{kind}"), last)
        assert found.verdict == Claim.HELD, found
    assert verdicts.sees_farther("11", "c", last, last).verdict == Claim.NOT_HELD


def test_published_errors_grow_as_the_paper_says() -> None:
    for task in ("paper_sum_ones", "paper_count_ones", "paper_count_ones_bernoulli"):
        rows = real_points(task)
        rows = rows[(rows["mode"] == "direct") & (rows.figure == "3")]
        table = pd.DataFrame({"length": rows.length, "abs_error": rows.value})
        assert verdicts.errors_grow("3", "c", table).verdict == Claim.HELD


def test_sight_findings_by_hand() -> None:
    def table(*names: str) -> pd.DataFrame:
        return pd.DataFrame({"dtype": "bfloat16", "verdict": names})

    def judged(*names: str) -> list[Claim]:
        return [f.verdict for f in verdicts.sight_findings(table(*names))]

    assert judged("lost", "lost", "lost", "read") == [Claim.HELD] + [Claim.NOT_HELD] * 2
    assert judged("unread", "unread", "unread") == [Claim.NOT_HELD] + [Claim.HELD] * 2
    assert judged("unread", "lost", "read", "read") == [Claim.UNTESTABLE] * 3


def paper_run() -> pd.DataFrame:
    """A simulated observer on the paper's own prompts: right when short, 100 when long."""
    rows = []
    for name in GROUPS["snellen_paper"]:
        task = find_task(name)
        for mode in task.modes:
            for trial in trial_ids(task, mode, "none", task.lengths or (), 1, 0):
                truth = rebuild_trial(trial).truth
                short = trial.length < (60 if task.answer == "number" and "count" in name else 300)
                counts = "copy" not in name
                answer = truth if short else ("100" if counts else "1")
                rows.append(
                    {
                        "run_id": "p", "model": "tiny", "task": name, "mode": mode,
                        "lens": "none", "length": trial.length, "tokens": 1, "index": 0,
                        "seed": 0, "truth": truth, "answer": answer,
                        "outcome": "correct" if answer == truth else "wrong",
                        "abs_error": abs(int(answer) - int(truth)) if counts else pd.NA,
                        "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 1,
                        "latency_s": 0.1, "prompt_sha256": "0" * 64,
                    }
                )  # fmt: skip
    table = pd.DataFrame(rows).assign(answer_form="free")
    return table.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def published(task: str) -> pd.DataFrame:
    figure = "2a" if "copy" in task else "3"
    quantity = "correct" if "copy" in task else "absolute_error"
    return pd.DataFrame(
        {
            "figure": [figure], "model": ["m"], "task": [task], "mode": ["direct"],
            "length": [105], "quantity": [quantity], "value": [1.0],
        }
    )  # fmt: skip


def test_behavioural_figures_and_findings() -> None:
    drawn = {d.name: d for d in behaviour_figures(paper_run(), published)}
    assert set(drawn) == {"fig2", "fig3", "fig4", "fig6", "fig7", "fig11"}
    found = {f.figure: f.verdict for d in drawn.values() for f in d.findings}
    assert found["3, 6 (ii)"] == Claim.HELD
    assert found["4 (ii)"] == Claim.HELD
    # The observer fails every copying condition alike.
    assert found["2a"] == Claim.NOT_HELD
    assert len(drawn["fig3"].table) == 4 * 3 * 20
    counts = drawn["fig4"].table
    hundred = counts[(counts.task == "paper_count_ones") & (counts.value == "100")]
    assert int(hundred.answered.iloc[0]) == 14
    assert int(hundred.true.iloc[0]) == 0


def test_an_empty_run_is_drawn_and_judged_untestable() -> None:
    drawn = behaviour_figures(paper_run().iloc[:0], published)
    assert {f.verdict for d in drawn for f in d.findings} == {Claim.UNTESTABLE}


def test_all_figures_of_the_paper(subject: Any, tmp_path: Path) -> None:
    result = probe_paper(
        subject("llama"), paper_run(), published, longest=51, seeds=2, out=tmp_path
    )  # fmt: skip
    assert result.folder == tmp_path / "paper" / "llama"
    for n in range(2, 13):
        for kind in ("svg", "png", "csv"):
            assert (result.folder / f"fig{n}.{kind}").stat().st_size > 100
    page = (result.folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 11
    findings = pd.read_csv(result.folder / "findings.csv")
    assert set(findings.verdict) <= {str(v) for v in Claim}
    assert page.count("<tr>") == len(findings) + 1
    assert {"5a", "5b", "5c", "5d", "8", "9", "10", "12"} <= set(findings.figure)
    control = findings[findings.figure == "5d"].iloc[1]
    assert "n against n + 3" in control.claim
    assert "without commas" in control.numbers
    assert page.index("<h2>What held here") > page.rindex("<figure")
    assert not findings.duplicated(["figure", "claim"]).any()
    assert {"arXiv 2605.09239", "arXiv 2605.03258", "Corollary 4.3"} <= set(findings.figure)
    assert "240 answers" in page or "answers of at most 1 tokens" in page
    with_published = pd.read_csv(result.folder / "fig5.csv")
    assert set(with_published.kind) == set(paper_mechanism.PANELS)
    assert all(
        len(v) == len(paper_mechanism.FIG5_LENGTHS) for v in paper_mechanism.GEMMA_7B.values()
    )


def test_the_page_escapes(subject: Any) -> None:
    finding = verdicts.Finding("1", "<b>", "r", Claim.HELD, "n < 5")
    page = render_page("<script>", "tiny", [], [finding], ["a & b"])
    assert "<script>" not in page
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
