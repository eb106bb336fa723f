"""Prescriptions for served models whose sight is known: raced, confirmed, resumed, kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np
import pytest
import snellen
from snellen.exams.gate.limits import Amount
from snellen.stats.race import Rules
from snellen.store.trials import read_trials

from ..browsing import Opened, chromium
from .lens_server import Seeing, server

pytestmark = pytest.mark.usefixtures("undrawn")

Serve = Callable[[Any], str]
Prescribe = Callable[..., snellen.Prescription]


def test_the_lens_that_doubles_sight_is_prescribed_from_fresh_questions_alone(
    serve: Serve, prescribe: Prescribe
) -> None:
    model = server({"none": 16, "comma": 36, "newline": 20, "repeat": 7})
    found = prescribe(serve(model))
    entry = found.entry("copy_sequence")
    assert found.lens() == "comma"
    assert found.failed == 0
    assert entry["octaves"]["low"] < log2(36 / 16) < entry["octaves"]["high"]
    assert entry["before"]["low"] < 16 < entry["before"]["high"]
    assert entry["after"]["low"] < 36 < entry["after"]["high"]
    assert entry["p"] <= 0.05
    # What was chosen on one set of questions was confirmed on another, the same for both.
    race, fresh = (
        read_trials(found.path / found.found["runs"][stage] / "trials.csv")
        for stage in ("race", "confirmation")
    )
    assert not set(race["prompt_sha256"]) & set(fresh["prompt_sha256"])
    by_lens = dict(iter(fresh.groupby("lens")))
    assert set(by_lens) == {"none", "comma"}
    asked = [set(zip(rows["length"], rows["index"], strict=True)) for rows in by_lens.values()]
    assert asked[0] == asked[1]
    pairs = by_lens["none"].merge(by_lens["comma"], on=["length", "index"])
    right = pairs["outcome_x"] == "correct", pairs["outcome_y"] == "correct"
    assert entry["pairs"] == {
        "only_before": int((right[0] & ~right[1]).sum()),
        "only_after": int((right[1] & ~right[0]).sum()),
        "alike": int((right[0] == right[1]).sum()),
    }
    tokens = by_lens["none"]["prompt_tokens"].mean()
    assert entry["before"]["prompt_tokens"] == pytest.approx(tokens, abs=0.01)
    assert len(model.prompts) == len(race) + len(fresh) == sum(found.found["answers"].values())
    assert len(model.prompts) < 5 * 9 * 20 / 2  # the factorial of five at every octave


def test_no_lens_is_an_answer_and_says_what_is_excluded(serve: Serve, prescribe: Prescribe) -> None:
    found = prescribe(serve(server({"none": 16}, width=0.8, seed=3)), lenses="comma,hint")
    entry = found.entry()
    assert found.lens() is None
    assert "no lens is shown to help" in entry["why"]
    assert "or more is excluded for" in entry["why"]
    assert all(one["excluded_factor"] < 2 for one in entry["lenses"])
    assert entry["before"]["low"] < 16 < entry["before"]["high"]
    page = found.page.read_text(encoding="utf-8")
    assert "No lens is shown to help" in page


def test_what_makes_it_worse_is_said(serve: Serve, prescribe: Prescribe) -> None:
    blind = Seeing({"none": 60, "hint": 0.01})
    found = prescribe(serve(server_of(blind)), lenses="hint", rules=Rules(most=60))
    assert found.entry()["worse"] == ["hint"]
    assert found.lens() is None


def server_of(model: Seeing) -> Any:
    made = server({"none": 1})
    made.answer = model
    return made


def test_the_same_call_asks_nothing_again(serve: Serve, prescribe: Prescribe) -> None:
    model = server({"none": 12, "comma": 40})
    url = serve(model)
    first = prescribe(url, lenses="comma,hint")
    asked = len(model.prompts)
    again = prescribe(url, lenses="comma,hint")
    assert len(model.prompts) == asked
    assert {**again.found, "made": ""} == {**first.found, "made": ""}


def test_a_budget_of_requests_holds_and_a_higher_one_goes_on(
    serve: Serve, prescribe: Prescribe
) -> None:
    model = server({"none": 16, "comma": 23, "newline": 21}, width=3.0)
    url = serve(model)
    found = prescribe(url, lenses="comma,newline", budget=Amount(requests=70))
    assert len(model.prompts) <= 70
    assert "70 requests" in found.stopped
    assert (found.lens() is not None) or "used up before it was decided" in found.entry()["why"]
    more = prescribe(url, lenses="comma,newline")
    assert more.stopped == ""
    assert len(model.prompts) == sum(more.found["answers"].values())


def test_a_budget_that_is_too_small_is_refused_with_the_smallest_that_would_do(
    serve: Serve, prescribe: Prescribe
) -> None:
    model = server({"none": 16, "comma": 200})
    url = serve(model)
    for given, said in (
        (Amount(requests=20), r"too small.*take (\d+)requests"),
        (Amount(tokens=50), r"too small.*about \d+tokens"),
        (Amount(usd=1.0), "price of openai/m is unknown"),
    ):
        with pytest.raises(snellen.InputError, match=said) as refused:
            prescribe(url, lenses="comma,hint", budget=given)
        if given.requests:
            least = int(str(refused.value).split(" take ")[1].split("requests")[0])
    assert model.prompts == []
    found = prescribe(url, lenses="comma,hint", budget=Amount(requests=least))
    assert len(model.prompts) <= least
    assert found.lens() == "comma"  # so clear that the smallest budget shows it


def test_numbers_are_json_and_the_page_fetches_nothing(serve: Serve, prescribe: Prescribe) -> None:
    found = prescribe(serve(server({"none": 6, "comma": 10_000})), lenses="comma")
    kept = json.loads((found.path / "prescription.json").read_text(encoding="utf-8"))
    assert kept == found.found
    entry = kept["prescriptions"][0]
    assert entry["octaves"]["high"] is None  # beyond the longest length: open, not infinite
    assert entry["octaves"]["low"] > 3
    assert np.isfinite(entry["octaves"]["low"])
    page = found.page.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"<(link|img|iframe|object)|\bsrc=|@import|url\((?!#)|href=\"(?!#)", page)


def test_what_a_model_says_is_shown_and_not_obeyed(serve: Serve, prescribe: Prescribe) -> None:
    made = server({"none": 4, "comma": 64})
    seeing = made.answer
    made.answer = lambda prompt: seeing(prompt) + "<script>alert(1)</script>"
    found = prescribe(serve(made), lenses="comma", rules=Rules(most=24))
    page = found.page.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.browser
def test_the_page_fits_every_screen_and_reader(serve: Serve, prescribe: Prescribe) -> None:
    found = prescribe(serve(server({"none": 4, "comma": 64, "hint": 2})), lenses="comma,hint")
    with chromium() as browser:
        opened = Opened(browser, found.page)
        opened.fits_everywhere()
        assert (opened.said, opened.asked) == ([], [found.page.resolve().as_uri()])
