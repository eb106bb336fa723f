"""Why a lens helps: what is measured inside, and correlations whose answer is known."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from snellen.errors import InputError
from snellen.exams.mechanism.explain import explain
from snellen.exams.mechanism.link import MEASURES, by_lens, correlations
from snellen.exams.mechanism.measure import measure_lens, told
from snellen.exams.prescribe.prescribe import prescribe
from snellen.exams.prescribe.result import Prescription
from snellen.exams.session import request_of
from snellen.runners.local.loading import Precision
from snellen.runners.local.runner import LocalRunner
from snellen.runners.protocol import Message
from snellen.stats.race import Rules
from snellen.store.curve_key import CurveKey
from snellen.store.plan import Plan
from snellen.tasks.lenses import find_lens
from snellen.tasks.neighbours import longer_prompt
from snellen.tasks.registry import find_task
from snellen.tasks.trial import build_trial

from ..browsing import Opened, chromium


@pytest.mark.parametrize("lens", ["none", "comma:3", "question_first", "logn"])
@pytest.mark.parametrize("mode", ["direct", "fewshot"])
@pytest.mark.parametrize("task", ["count_ones", "copy_last", "sum_ones"])
def test_a_longer_prompt_differs_in_the_last_items_alone(task: str, mode: str, lens: str) -> None:
    found = find_task(task)
    trial = build_trial(found, mode, lens, 7, 2, 5)
    assert longer_prompt(trial.id, 0) == trial.prompt
    items = trial.sequence.replace(",", " ").replace("+", " ").split()
    seen = find_lens(lens)
    grown = seen.render([*items, *items[-1:] * 3], found.separator)
    at = trial.prompt.rindex(trial.sequence)
    before, after = trial.prompt[:at], trial.prompt[at + len(trial.sequence) :]
    assert longer_prompt(trial.id, 3) == before + grown + after


def test_what_is_seen_inside_is_what_the_model_computes(tiny: Path) -> None:
    import torch

    runner = LocalRunner("hf/tiny", tiny, precision=Precision("float64"), device="cpu")
    plan = Plan(model="hf/tiny", tasks="count_ones", lengths="3,6")
    curve = CurveKey("count_ones", "direct", "free", "logn:20")
    table = measure_lens(runner, plan, curve, (3, 6), 2)
    assert list(table["length"]) == [3, 6, 3, 6]
    row = table.iloc[1]
    trial = build_trial(find_task("count_ones"), "direct", "logn:20", 6, 0, 0)
    ids = runner.tokens(request_of(runner, plan, trial))
    assert row["tokens"] == len(ids)
    with torch.no_grad(), runner.wearing(("logn:20",)) as model:
        model.set_attn_implementation("eager")
        out = model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    weights = torch.stack([layer[0, :, -1] for layer in out.attentions]).double()
    spread = -(weights * weights.log()).nan_to_num().sum(-1) / np.log(len(ids))
    assert row["dispersion"] == pytest.approx(float(spread.mean()), abs=1e-5)
    assert row["on_first"] == pytest.approx(float(weights[..., 0].mean()), abs=1e-6)
    bare = measure_lens(runner, plan, curve._replace(lens="none"), (3, 6), 2)
    assert not np.allclose(bare["dispersion"], table["dispersion"])  # the lens was worn
    longer = runner._render([Message("user", longer_prompt(trial.id, 1))])
    with torch.no_grad(), runner.wearing(("logn:20",)) as model:
        a, b = (
            model.model(torch.tensor([one])).last_hidden_state[0, -1].double()
            for one in (ids, longer)
        )
    size = ((a.square().sum() + b.square().sum()) / 2).sqrt()
    assert row["distance"] == pytest.approx(float((a - b).norm() / size), rel=1e-6)


def test_a_direction_is_told_from_other_questions_only() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 3)
    noise = rng.normal(size=(120, 8))
    assert 0.35 < told(noise, group).mean() < 0.65
    way = np.zeros(8)
    way[0] = 3
    assert told(noise + way, group).mean() > 0.95
    # A question's own gap is no evidence for itself: alone, it is not told.
    assert not told(np.eye(3), np.arange(3)).any()


def lenses(x: list[float], y: list[float | None]) -> pd.DataFrame:
    rows = dict.fromkeys(MEASURES, x)
    return pd.DataFrame({**rows, "gain": y, "share": y})


def test_the_correlation_is_spearmans_with_all_permutations() -> None:
    x, y = [0.1, 0.5, 0.2, 0.9, 0.4, 0.3], [0.0, 0.6, 0.7, 1.0, 0.2, 0.1]
    row = correlations(lenses(x, list(y))).iloc[0]
    assert row["rho"] == pytest.approx(scipy.stats.spearmanr(x, y).statistic)
    all_rho = [scipy.stats.spearmanr(x, order).statistic for order in permutations(y)]
    assert row["p"] == pytest.approx(np.mean(np.abs(all_rho) >= abs(row["rho"]) - 1e-9))
    assert row["low"] < row["rho"] <= row["high"]


def test_the_interval_holds_a_correlation_that_is_none() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(20):
        row = correlations(lenses(list(rng.normal(size=9)), list(rng.normal(size=9)))).iloc[0]
        held += row["low"] <= 0 <= row["high"]
    assert held >= 16


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([1.0, 2, 3, 4], [1.0, 2, 3, 4], "fewer than 5 lenses"),
        ([1.0, 2, 3, 4, 5], [1.0, 2, None, 4, 5], "fewer than 5 lenses"),
        ([1.0] * 5, [1.0, 2, 3, 4, 5], "the same for all lenses"),
    ],
)
def test_no_correlation_is_quoted_where_there_is_none(
    x: list[float], y: list[float | None], reason: str
) -> None:
    row = correlations(lenses(x, y)).iloc[0]
    assert np.isnan(row["rho"])
    assert reason in row["reason"]


def test_a_lens_that_makes_states_twice_as_far_apart_is_one_octave() -> None:
    def rows(lens: str, factor: float) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "lens": lens, "length": [2, 2, 2, 4, 4, 4],
                "distance": factor * np.array([1.0, 2, 9, 0.1, 0.2, 0.9]),
                "distance_group": 1.0, "told": [True, False] * 3, "told_group": True,
                "dispersion": 0.5, "on_first": 0.1 * factor,
            }
        )  # fmt: skip

    gain = {"gain": 0.7, "low": 0.1, "high": 1.0, "share": 0.2}
    (row,) = by_lens(pd.concat([rows("none", 1), rows("hint", 2)]), {"hint": gain}).to_dict(
        "records"
    )
    assert row["distance"] == pytest.approx(1.0)
    assert row["distance_group"] == row["told"] == row["dispersion"] == 0
    assert row["on_first"] == pytest.approx(0.1)
    assert row["gain"] == 0.7


@pytest.fixture(scope="module")
def prescribed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Prescription:
    plan = Plan(
        model=f"hf/{tiny}", tasks="copy_last", lenses="comma:3,hint,logn:32", lengths="1,4,8"
    )
    return prescribe(plan, rules=Rules(most=12), out=tmp_path_factory.mktemp("out"))


def test_a_prescription_is_explained_beside_itself(prescribed: Prescription) -> None:
    why = explain(prescribed, lengths=(2, 5), trials=2)
    assert set(why.lenses["lens"]) == {"comma:3", "hint", "logn:32"}
    assert set(why.questions.query("lens == 'comma:3'")["k"]) == {3}
    assert len(why.questions) == 4 * 2 * 2
    assert set(why.correlations["reason"]) == {"fewer than 5 lenses have both"}
    text = why.page.read_text()
    assert "<script" not in text
    assert "fewer than 5 lenses" in text
    for name in ("why.csv", "why-lenses.csv", "why-correlations.csv", "why.svg", "why.png"):
        assert (prescribed.path / name).stat().st_size


@pytest.mark.browser
def test_the_page_fits_every_screen_and_reader(prescribed: Prescription) -> None:
    page = explain(prescribed).page
    with chromium() as browser:
        opened = Opened(browser, page)
        opened.fits_everywhere()
        assert (opened.said, opened.asked) == ([], [page.resolve().as_uri()])


def test_a_served_model_cannot_be_explained(prescribed: Prescription, tmp_path: Path) -> None:
    from snellen.exams.inside import check_open

    with pytest.raises(InputError, match="--why looks inside a model, and openai/x is not in"):
        check_open("openai/x", "--why looks inside a model")
