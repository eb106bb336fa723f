"""What a submitter could try, move by move, as docs/leaderboard.md lists them; each is caught."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from snellen.reports.leaderboard.entries import BoardDesign, BoardEntry, entry_of, refuse
from snellen.reports.leaderboard.page import write_leaderboard
from snellen.reports.leaderboard.ranking import rank
from snellen.stats.board.ranks import MOST_FAILED
from snellen.store.results.tables import parquet_of
from snellen.store.trials import COLUMNS, write_trials

from ...present import present

Judged = Callable[..., tuple[float | None, str]]

AWAY = ["failed", "refused", "truncated", "unparseable"]


@pytest.fixture
def honest(asked: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return asked(6, 12)


@pytest.fixture
def judged(design: BoardDesign, manifest_of: Callable[..., dict[str, Any]]) -> Judged:
    """An entry from a table: on the board with its capped mean, or refused with the reason."""

    def judge(trials: pd.DataFrame, **changes: str) -> tuple[float | None, str]:
        placed, refused = rank([entry_of(trials, manifest_of("m", **changes), design)], design)
        return (placed[0].mean.value, "") if placed else (None, refused[0].reason)

    return judge


def hide(trials: pd.DataFrame, rows: pd.Index | pd.Series, how: str) -> pd.DataFrame:
    """Those rows without an answer, for a reason that is nobody's fault."""
    changed = trials.copy()
    changed.loc[rows, "outcome"] = how
    changed.loc[rows, ["answer", "abs_error"]] = pd.NA
    return changed


@pytest.mark.parametrize("how", AWAY)
def test_hiding_every_wrong_answer_gains_nothing(
    honest: pd.DataFrame, judged: Judged, how: str
) -> None:
    before, _ = judged(honest)
    after, reason = judged(hide(honest, honest["outcome"] == "wrong", how))
    if how == "failed":
        assert "requests failed" in reason
    else:
        assert after is None or after <= present(before)


def test_failures_within_the_limit_count_as_wrong(honest: pd.DataFrame, judged: Judged) -> None:
    before, _ = judged(honest)
    wrong = honest.index[honest["outcome"] == "wrong"]
    few = wrong[: int(MOST_FAILED * len(honest))]
    after, reason = judged(hide(honest, few, "failed"))
    assert (after, reason) == (before, "")


@pytest.mark.parametrize("how", AWAY)
@pytest.mark.parametrize("seed", range(6))
def test_hiding_any_answers_gains_nothing(
    honest: pd.DataFrame, judged: Judged, how: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    before, _ = judged(honest)
    rows = honest.index[rng.random(len(honest)) < rng.choice([0.03, 0.3, 0.7])]
    after, _ = judged(hide(honest, rows, how))
    assert after is None or after <= present(before) * 1.0001


def test_an_entry_that_hid_answers_is_marked(
    honest: pd.DataFrame, design: BoardDesign, manifest_of: Callable[..., dict[str, Any]]
) -> None:
    hidden = hide(honest, honest.index[:10], "truncated")
    entry = entry_of(hidden, manifest_of("m"), design)
    assert entry.truncated == pytest.approx(10 / len(honest))
    assert "7% of the answers were cut at the token limit" in entry.warnings


def test_trials_that_are_left_out_are_missed(honest: pd.DataFrame, judged: Judged) -> None:
    _, reason = judged(honest[honest["outcome"] != "wrong"])
    assert "trials of the board are not in its table" in reason


def test_trials_that_are_repeated_are_seen(honest: pd.DataFrame, judged: Judged) -> None:
    right = honest[honest["outcome"] == "correct"]
    _, reason = judged(pd.concat([honest, right.iloc[:5]]))
    assert "rows, and the board asks 140" in reason
    swapped = pd.concat([honest[honest["outcome"] == "correct"]] * 3).iloc[: len(honest)]
    assert judged(swapped)[0] is None


def test_a_task_that_is_left_out_is_missed(honest: pd.DataFrame, judged: Judged) -> None:
    _, reason = judged(honest[honest["task"] == "count_word"])
    assert reason.startswith("70 of the 140 trials of the board are not in its table")


def test_easier_questions_are_another_board(honest: pd.DataFrame, judged: Judged) -> None:
    _, reason = judged(honest, documents_sha256="b" * 64)
    assert reason.startswith("it answered other questions (hash bbbbbbbbbbbb;")


def test_a_manifest_that_claims_the_board_is_not_believed(
    asked: Callable[..., pd.DataFrame], judged: Judged
) -> None:
    _, reason = judged(asked(6, 12, seed=5))
    assert reason.startswith("140 of the 140 trials")


def test_labels_that_are_moved_are_seen(honest: pd.DataFrame, judged: Judged) -> None:
    moved = honest.copy()
    moved["length"] = moved["length"].to_numpy()[::-1]
    assert "not in its table" in judged(moved)[1]


def test_forced_answers_are_another_board(honest: pd.DataFrame, judged: Judged) -> None:
    assert "not in its table" in judged(honest.assign(answer_form="forced"))[1]


def test_an_outcome_that_its_answer_belies_is_seen(honest: pd.DataFrame, judged: Judged) -> None:
    wrong = honest.index[honest["outcome"] == "wrong"]
    changed = honest.copy()
    changed.loc[wrong[0], "outcome"] = "correct"
    assert "is called correct, but its answer is" in judged(changed)[1]
    unread = hide(honest, wrong[:1], "correct")
    assert "is called correct" in judged(unread)[1]


def test_a_truth_that_is_changed_is_seen(honest: pd.DataFrame, judged: Judged) -> None:
    changed = honest.copy()
    wrong = honest.index[honest["outcome"] == "wrong"][0]
    changed.loc[wrong, "truth"] = changed.loc[wrong, "answer"]
    changed.loc[wrong, "outcome"] = "correct"
    assert "not in its table" in judged(changed)[1]


def test_of_several_runs_the_first_stands_not_the_best(
    entered: Callable[..., BoardEntry], design: BoardDesign
) -> None:
    first = entered("m", 4, 4, run_id="one", created="2026-01-01")
    better = entered("m", 16, 16, run_id="two", created="2026-01-02")
    for order in ([first, better], [better, first]):
        accepted, (refused,) = refuse(order, design)
        assert [entry.run_id for entry in accepted] == ["one"]
        assert "stands as run one" in refused.reason


def test_one_model_under_other_settings_is_told_apart(
    entered: Callable[..., BoardEntry], design: BoardDesign
) -> None:
    settings = [entered("m", 8, 8, numerics={"dtype": t}) for t in ("float32", "bfloat16")]
    placed, refused = rank(settings, design)
    names = {placing.entry.model for placing in placed}
    assert names == {"m (dtype float32)", "m (dtype bfloat16)"}
    assert refused == []


def test_a_bad_entry_changes_nothing_for_the_others(
    entered: Callable[..., BoardEntry],
    asked: Callable[..., pd.DataFrame],
    manifest_of: Callable[..., dict[str, Any]],
    design: BoardDesign,
) -> None:
    good = [entered("a", 3, 3), entered("b", 6, 6), entered("c", 24, 24)]
    bad = [
        entered("old", 40, 40, documents_sha256="b" * 64),
        entry_of(asked(8, 8).iloc[:100], manifest_of("short"), design),
        entry_of(
            asked(8, 8).assign(task="another_task"),
            manifest_of("other", documents_sha256="c" * 64),
            design,
        ),
    ]
    alone, _ = rank(good, design)
    together, refused = rank([*bad, *good], design)
    assert {r.entry.model for r in refused} == {"old", "short", "other"}
    assert [(p.entry.model, p.rank, p.mean.value) for p in together] == [
        (p.entry.model, p.rank, p.mean.value) for p in alone
    ]


HOSTILE = '<script>"|`x`\n'


def test_parquet_that_is_not_of_its_table_is_not_believed(
    honest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sent = tmp_path / "run"
    table = pd.DataFrame(honest, columns=list(COLUMNS)).astype(COLUMNS)
    write_trials(sent / "trials.csv", table)
    write_trials(tmp_path / "better.csv", table.assign(outcome="correct"))
    for better in (True, False):
        found = pd.read_parquet(parquet_of(sent))
        assert found["outcome"].tolist() == honest["outcome"].tolist()
        if better:
            (tmp_path / "better.parquet").replace(sent / "trials.parquet")


def test_names_do_no_harm(
    entered: Callable[..., BoardEntry], design: BoardDesign, tmp_path: Path
) -> None:
    hostile = dataclasses.replace(
        entered(HOSTILE, 6, 6), run_id='=cmd("x")', report="javascript:alert(1)/report.html"
    )
    write_leaderboard(tmp_path, [hostile], design)
    html = (tmp_path / "leaderboard.html").read_text(encoding="utf-8")
    assert html.count("<script>") == 1
    assert "&lt;script&gt;" in html
    assert 'href="./javascript%3Aalert%281%29/report.html"' in html
    markdown = (tmp_path / "leaderboard.md").read_text(encoding="utf-8")
    assert "<script" not in markdown.replace(r"\<script", "")
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert "'=cmd(" in (tmp_path / "leaderboard.csv").read_text(encoding="utf-8")


def test_the_threat_model_names_tests_that_there_are() -> None:
    here = Path(__file__).parent
    document = (here.parents[2] / "docs/leaderboard.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", document))
    there = {
        name
        for path in here.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) >= 15
    assert named <= there
