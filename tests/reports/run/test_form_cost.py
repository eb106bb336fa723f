"""Free against forced, on paper: pairs, and who was right alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest
from snellen.reports.run.form_cost import form_costs
from snellen.reports.trial_texts import Texts


def test_pairs_are_counted_and_tested(simulated: Callable[..., pd.DataFrame]) -> None:
    free = simulated(lengths=[4, 8], trials=10, threshold=1e9)
    forced = simulated(lengths=[4, 8], trials=10, threshold=1e9, form="forced")
    free.loc[0:5, "outcome"] = "unparseable"  # six that only forced form gets right
    free.loc[6:7, "outcome"] = "wrong"  # and two more, which were read
    forced.loc[8, "outcome"] = "wrong"
    forced.loc[9, "outcome"] = "failed"  # no pair
    others = simulated(mode="cot", lengths=[4], trials=3)
    (cost,) = form_costs(pd.concat([forced, free, others], ignore_index=True))
    assert cost.free.name == "count_ones"
    assert cost.pairs == 19
    assert (cost.free_right, cost.forced_right) == (11, 18)
    assert (cost.only_free, cost.only_forced, cost.unread) == (1, 8, 6)
    assert cost.difference == pytest.approx(7 / 19)
    assert cost.p == pytest.approx(binomtest(1, 9).pvalue)


def test_the_page_shows_it(
    simulated: Callable[..., pd.DataFrame],
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path: Path,
) -> None:
    from snellen.reports.run.report import write_report

    both = pd.concat([simulated(trials=3), simulated(trials=3, form="forced", threshold=100)])
    html = write_report(tmp_path, both, manifest, texts).page.read_text("utf-8")
    assert "What the form of the answer costs" in html


def test_one_form_alone_costs_nothing_to_tell(simulated: Callable[..., pd.DataFrame]) -> None:
    assert list(form_costs(simulated())) == []
