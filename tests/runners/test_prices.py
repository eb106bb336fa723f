from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError
from snellen.runners.prices import Prices
from snellen.runners.protocol import (
    Deliver,
    Failure,
    Message,
    Reply,
    Request,
    Runner,
    Sampling,
)
from snellen.runners.spending import Budget, BudgetReached


class Somebody(Runner):
    """A runner as far as prices look at it; the arithmetic under test is all ours."""

    base_url = None
    context_length = None
    parallel = 1
    numerics: Mapping[str, Any] = {}
    generation: Mapping[str, Any] = {}

    def __init__(self, model: str = "openai/gpt-4o-mini", tokens: int | None = None) -> None:
        self.model = model
        self._tokens = tokens
        self.dropped: dict[str, str] = {}
        self.notices: list[str] = []

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        raise AssertionError("a price is no reason to ask")

    def close(self) -> None:
        pass

    def count_tokens(self, text: str) -> int | None:
        return self._tokens


def requests(count: int, limit: int = 100, prompt: str = "1 1 1") -> list[Request]:
    return [Request(str(i), (Message("user", prompt),), Sampling(limit)) for i in range(count)]


# The published prices of gpt-4o-mini: $0.15 in and $0.60 out per million tokens.
def test_a_known_price() -> None:
    assert Prices().cost("openai/gpt-4o-mini", 1_000_000, 0) == pytest.approx(0.15)
    assert Prices().cost("openai/gpt-4o-mini", 0, 1_000_000) == pytest.approx(0.60)


def test_a_dated_name_and_a_server_of_ones_own_have_the_same_price() -> None:
    prices = Prices()
    plain = prices.cost("openai/gpt-4o-mini", 1000, 10)
    assert prices.cost("openai/gpt-4o-mini-2024-07-18", 1000, 10) == plain
    assert prices.cost("openai/gpt-4o-mini", 1000, 10, "http://127.0.0.1:8000/v1") == plain


def test_an_unknown_price_is_none_and_ones_own_machine_is_free() -> None:
    prices = Prices()
    assert prices.cost("openai/no-such-model", 10, 10) is None
    assert prices.cost("lm-eval/litellm", 10, 10) is None
    assert prices.cost("vllm/org/name", 10**9, 10**9) == 0.0
    assert prices.cost("bundled", 10**9, 10**9) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "openai/new: {input: 2, output: 8}\nvllm/a/b: {input: 0.5, output: 0.5}\n",
        '{"openai/new": {"input": 2, "output": 8}, "vllm/a/b": {"input": 0.5, "output": 0.5}}',
    ],
)
def test_a_price_file_goes_first(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices"
    path.write_text(text)
    prices = Prices.load(path)
    assert prices.cost("openai/new", 500_000, 250_000) == pytest.approx(1.0 + 2.0)
    assert prices.cost("vllm/a/b", 1_000_000, 1_000_000) == pytest.approx(1.0)
    assert prices.source("openai/new") == "the user's price file"
    assert prices.source("openai/gpt-4o-mini").startswith("genai-prices ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("openai/new: 3\n", "the price of openai/new is 3"),
        ("openai/new: {input: 1}\n", "the price of openai/new"),
        ("openai/new: {input: 1, output: -1}\n", "is negative"),
        ("- 1\n", "does not map models to prices"),
        ("a: [", "neither YAML nor JSON"),
    ],
)
def test_a_bad_price_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        Prices.load(path)
    with pytest.raises(InputError, match="cannot read the prices"):
        Prices.load(tmp_path / "missing.yaml")


def test_an_estimate_by_hand() -> None:
    estimate = Prices().estimate(Somebody(tokens=1000), requests(50, limit=200))
    low = 50 * (1000 * 0.15 + 1 * 0.60) / 1e6
    high = 50 * (1008 * 0.15 + 200 * 0.60) / 1e6
    expected = 50 * (1008 * 0.15 + 100 * 0.60) / 1e6  # half of the limit
    assert (estimate.requests, estimate.prompt_tokens, estimate.exact) == (50, 50_000, True)
    assert (estimate.low, estimate.high, estimate.expected) == pytest.approx((low, high, expected))


@pytest.mark.parametrize(
    ("model", "effort", "answer"),
    [
        ("openai/gpt-4o", None, 19),  # thinks not at all, whatever room it has
        ("openai/o3", None, 19 + round(0.35 * 4096)),
        ("openai/o3", "high", 19 + round(0.7 * 4096)),
        ("openai/o3", "none", 19),
    ],
)
def test_the_expected_cost_counts_the_thinking_that_is_likely(
    model: str, effort: str | None, answer: int
) -> None:
    settings = Sampling(38 + 4096, reasoning_effort=effort)
    asked = [Request(str(i), (Message("user", "1 1 1"),), settings) for i in range(100)]
    estimate = Prices().estimate(Somebody(model, tokens=100), asked)
    one = Prices().cost(model, 108, answer)
    assert one is not None
    assert estimate.low is not None
    assert estimate.expected is not None
    assert estimate.high is not None
    assert estimate.expected == pytest.approx(100 * one)
    assert estimate.low < estimate.expected < estimate.high


def test_without_a_tokenizer_an_estimate_is_careful() -> None:
    estimate = Prices().estimate(Somebody(), requests(1, prompt="1 + 1 + 1"))
    assert not estimate.exact
    assert estimate.prompt_tokens == 5  # every digit and sign


def test_an_unknown_price_says_so() -> None:
    estimate = Prices().estimate(Somebody("openai/no-such-model"), requests(1))
    assert (estimate.low, estimate.high, estimate.expected) == (None, None, None)
    with pytest.raises(InputError, match="price of openai/no-such-model is unknown"):
        Budget(Somebody("openai/no-such-model"), Prices(), 1.0).check(estimate)
    Budget(Somebody("openai/no-such-model"), Prices()).check(estimate)


def test_a_budget_below_the_estimate_is_refused() -> None:
    runner = Somebody(tokens=1000)
    estimate = Prices().estimate(runner, requests(1000))
    with pytest.raises(InputError, match=r"at least \$0\.1506, more than --budget 0\.1"):
        Budget(runner, Prices(), 0.1).check(estimate)
    Budget(runner, Prices(), 0.2).check(estimate)


def test_no_more_is_asked_once_the_money_is_spent() -> None:
    runner = Somebody()
    each = (1000 * 0.15 + 100 * 0.60) / 1e6
    budget = Budget(runner, Prices(), 3.5 * each)
    asked = 0
    for request in budget.admit(requests(10)):
        asked += 1
        budget.charge([(request, Reply("x", prompt_tokens=1000, completion_tokens=100))])
    assert asked == 4
    assert budget.spent == pytest.approx(4 * each)
    with pytest.raises(BudgetReached, match="6 requests were not asked"):
        budget.settle(6)
    budget.settle(0)


def test_failures_are_free_and_unstated_tokens_are_approximated() -> None:
    budget = Budget(Somebody(), Prices(), 1.0)
    (request,) = requests(1, prompt="1 1 1 1")
    budget.charge([(request, Failure("no"))])
    assert budget.spent == 0
    budget.charge([(request, Reply("2 2"))])
    assert budget.spent == pytest.approx((4 * 0.15 + 2 * 0.60) / 1e6)
