"""The paper's figures and verdicts: rules by hand, and everything drawn on a tiny model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from snellen.probes.paper import mechanism as paper_mechanism
from snellen.probes.paper import verdicts
from snellen.probes.paper.behaviour import behaviour_figures
from snellen.probes.paper.limits import sensitivity_findings, sooner, theory_findings
from snellen.probes.paper.page import render_page
from snellen.probes.paper.probe import probe_paper
from snellen.probes.paper.sight import sight_findings
from snellen.probes.paper.verdicts import Claim
from snellen.probes.theory.tables import theory_tables
from snellen.store.trials import COLUMNS
from snellen.tasks.documents import trial_ids
from snellen.tasks.registry import GROUPS, find_task
from snellen.tasks.trial import rebuild_trial

from .conftest import small_tokenizer


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
    assert verdicts.errors_grow("3", "c", errors([0.0] * 20)).verdict == Claim.NOT_HELD
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
    assert verdicts.decays("10", "c", -0.09, -0.11, -0.08).verdict == Claim.UNTESTABLE
    n = pd.Series([1, 10, 100, 1000])
    assert verdicts.falls("5a", "c", n, 1 / n).verdict == Claim.HELD
    assert verdicts.falls("5a", "c", n, n * 1.0).verdict == Claim.NOT_HELD
    assert verdicts.falls("5a", "c", n, n * 1.0, needed=2001).verdict == Claim.UNTESTABLE
    barely = pd.Series([1.0, 0.9, 0.8, 0.7])
    assert verdicts.falls("5a", "c", n, barely).verdict == Claim.UNTESTABLE
    reached = pd.Series({"horizon": 50, "low": 20, "high": pd.NA, "longest": 100})
    inside = pd.Series({"horizon": 50, "low": 20, "high": 80, "longest": 100})
    never = pd.Series({"horizon": pd.NA, "low": pd.NA, "high": pd.NA, "longest": 100})
    flat, falling = pd.Series([1.0, 0.5, 0.3, 0.5]), pd.Series([1.0, 0.7, 0.6, 0.5])

    def band(row: Any, distance: Any = flat, edge: float = 0.1, needed: int = 100) -> Claim:
        return verdicts.reaches_band("5a", "c", row, distance, edge, needed=needed).verdict

    assert band(reached) == Claim.UNTESTABLE
    assert band(inside) == Claim.HELD
    assert band(never) == Claim.NOT_HELD
    assert band(never, needed=2001) == Claim.UNTESTABLE  # the grid ends early
    assert band(never, falling) == Claim.UNTESTABLE  # and may yet arrive
    assert band(never, edge=0.2) == Claim.UNTESTABLE  # at less than three times the edge
    found = verdicts.reaches_band("5a", "c", reached, flat, 0.1, needed=100)
    assert "50 (20 to beyond)" in found.numbers


def test_sight_findings_by_hand() -> None:
    half = {"dtype": "bfloat16", "kind": "count_ones"}

    def judged(*names: str, r2: float = 0.999, far: float = 3.0, span: float = 0.13) -> list[Claim]:
        readout = pd.DataFrame(
            {
                **half, "condition": "interpolation", "depth": [0, 1, 2],
                "state": ["embedding", "layer 1", "final norm"], "r2": [0.0, r2, r2],
                "mae_near": [9, 1.0, 1.1], "mae_far": [9, 9.0, far],
            }
        )  # fmt: skip
        angles = pd.DataFrame(
            {
                **half, "state": ["layer 1", "final norm"], "cosine_span": [0.9, span],
                "cosine_largest": 0.1, "cosine_span_random": 0.125,
            }
        )  # fmt: skip
        found = pd.DataFrame({**half, "verdict": names})
        tables = {"verdicts": found, "readout": readout, "angles": angles}
        return [f.verdict for f in sight_findings(tables)]

    held, failed, untestable = Claim.HELD, Claim.NOT_HELD, Claim.UNTESTABLE
    assert judged("lost", "lost", "lost", "read") == [held, failed, held, held, held]
    assert judged("unread", "unread", "unread") == [failed, held, held, held, held]
    few = judged("unread", "lost", "read", "read")
    assert few == [untestable, untestable, untestable, held, held]
    unread = ("unread",) * 3
    assert judged(*unread, far=0.9)[4] == failed
    assert judged(*unread, far=1.2)[4] == untestable
    assert judged(*unread, span=0.5)[3] == failed
    assert judged(*unread, span=0.25)[3] == untestable
    assert judged(*unread, r2=0.5)[2:4] == [failed, untestable]


def test_theory_findings_hold_on_the_closed_forms_and_fail_on_others() -> None:
    tables = theory_tables(3)
    assert {f.verdict for f in theory_findings(tables)} == {Claim.HELD}
    spoilt = dict(tables)
    spoilt["b4_alternating"] = tables["b4_alternating"].assign(tv=0.5)
    spoilt["b8_depth"] = tables["b8_depth"].assign(first=0.5)
    spoilt["p61_ratio"] = tables["p61_ratio"].assign(linf=0.5)
    spoilt["c62_counting"] = tables["c62_counting"].assign(first=7)
    assert {f.verdict for f in theory_findings(spoilt)} == {Claim.NOT_HELD}


def test_sensitivity_findings_by_hand() -> None:
    def judged(rho: float, error: float, *shapes: bool) -> list[Claim]:
        rows = pd.DataFrame(
            {
                "weights": "trained", "rank_correlation_inner": rho, "log10_error_inner": error,
                "early": 2.0, "middle": 1.0, "late": 2.0, "u_shaped": shapes,
            }
        )  # fmt: skip
        return [f.verdict for f in sensitivity_findings(rows)]

    assert judged(0.9, 0.1, True, True) == [Claim.HELD, Claim.HELD]
    assert judged(0.1, 0.1, False, False) == [Claim.NOT_HELD, Claim.NOT_HELD]
    assert judged(0.9, 0.9, True, False) == [Claim.UNTESTABLE, Claim.UNTESTABLE]
    assert judged(float("nan"), 0.1, True)[0] == Claim.UNTESTABLE
    assert [f.verdict for f in sensitivity_findings(pd.DataFrame())] == [Claim.UNTESTABLE] * 2


def test_lower_precision_collapses_sooner() -> None:
    def judged(half: Any, single: Any) -> Claim:
        horizon = pd.array([half, single], dtype="Int64")
        table = pd.DataFrame({"dtype": ["bfloat16", "float32"], "horizon": horizon, "longest": 501})
        return sooner(table).verdict

    assert judged(51, pd.NA) == judged(51, 101) == Claim.HELD
    assert judged(101, 51) == judged(pd.NA, 51) == Claim.NOT_HELD
    assert judged(pd.NA, pd.NA) == Claim.UNTESTABLE
    assert sooner(pd.DataFrame({"dtype": ["float64"], "horizon": [1], "longest": 9})).numbers


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
    assert page.count("<figure") == 13
    assert "<strong>Figure 12.</strong>" in page
    assert "<strong>Over-squashing.</strong>" in page
    findings = pd.read_csv(result.folder / "findings.csv")
    assert set(findings.verdict) <= {str(v) for v in Claim}
    assert page.count("<tr>") == len(findings) + 1
    assert page.count('class="scroll" tabindex') == 14  # every figure and the table, on a phone
    assert {"Theorem 5.1", "Section 5", "Proposition 6.1"} <= set(findings.figure)
    assert {"5a", "5b", "5c", "5d", "8", "9", "10", "12"} <= set(findings.figure)
    control = findings[findings.figure == "5d"].iloc[1]
    assert "n against n + 3" in control.claim
    assert "without commas" in control.numbers
    assert page.index("<h2>What held here") > page.rindex("<figure")
    assert not findings.duplicated(["figure", "claim"]).any()
    assert {"arXiv 2605.09239", "arXiv 2605.03258", "arXiv 2601.02989", "Corollary 6.2"} <= set(
        findings.figure
    )
    title = page[page.index("<h1>") : page.index("</h1>")]
    assert "token limit 32 to 2,104, 0 of 315 answers cut there" in title
    assert "float64, float32, bfloat16 · cpu · context 512 tokens" in title
    with_published = pd.read_csv(result.folder / "fig5.csv")
    assert set(with_published.kind) == set(paper_mechanism.PANELS)
    assert all(
        len(v) == len(paper_mechanism.FIG5_LENGTHS) for v in paper_mechanism.GEMMA_7B.values()
    )


def test_a_page_without_what_the_model_does_not_take(subject: Any, tmp_path: Path) -> None:
    """No token for an item: the behaviour and the theory stand by themselves."""
    spoilt = dataclasses.replace(subject("llama"), tokenizer=small_tokenizer(without="1"))
    result = probe_paper(spoilt, paper_run(), published, longest=51, seeds=2, out=tmp_path)
    assert [line.split(":")[0] for line in result.failures] == [
        "Figures 5 and 12", "decoding", "sensitivity",
    ]  # fmt: skip
    page = (result.folder / "index.html").read_text(encoding="utf-8")
    assert page.count("Not finished:") == 3
    assert page.count("<figure") == 9


def test_the_page_escapes(subject: Any) -> None:
    finding = verdicts.Finding("1", "<b>", "r", Claim.HELD, "n < 5")
    page = render_page("<script>", ["tiny"], [], [finding], ["a & b"])
    assert "<script>" not in page
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
