"""Kinds of models: one object each, found among the built-in ones and those of plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError
from snellen.runners import registry
from snellen.runners.kinds import ListPrice, ModelKind, Options, Rate
from snellen.runners.prices import Prices
from snellen.runners.protocol import Message, Request, Sampling
from snellen.runners.registry import find_kind, kinds, load_plug_ins, open_runner
from snellen.runners.spending import Budget

PLUG_IN = """
from snellen.runners.kinds import ModelKind, Rate

def opened(model, name, options):
    import not_installed_anywhere

def rate(name):
    return Rate(2.0, 8.0) if name == "known" else None

PRICED = ModelKind("acme", "Acme's models", opened, price=rate, install="acme[all]")
SILENT = ModelKind("silent", "says no price", opened)
NO_KIND = 3
TAKEN = ModelKind("openai", "a second one", opened)
ODD = ModelKind("odd", "takes what is no option", opened, takes=frozenset({"colour"}))

def made():
    return ModelKind("made", "by a function", opened)

def broken():
    raise ValueError("two\\nlines")
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[EntryPoint]]:
    (tmp_path / "acme_models.py").write_text(PLUG_IN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_models", raising=False)

    def points(*names: str) -> list[EntryPoint]:
        return [EntryPoint(n, f"acme_models:{n}", registry.GROUP) for n in names]

    return points


@pytest.fixture
def with_plug_ins(
    plug_in: Callable[..., list[EntryPoint]], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, faults = load_plug_ins(plug_in("PRICED", "SILENT"))
    assert not faults
    everything = dict(kinds()) | loaded
    monkeypatch.setattr(registry, "kinds", lambda: everything)


def test_plug_ins_are_objects_or_functions(plug_in: Callable[..., list[EntryPoint]]) -> None:
    loaded, faults = load_plug_ins(plug_in("PRICED", "made"))
    assert not faults
    assert [kind.pattern for kind in loaded.values()] == ["acme/NAME", "made/NAME"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NO_KIND", "TypeError"),
        ("TAKEN", "there is a kind 'openai' already"),
        ("ODD", "takes 'colour', which is no option"),
        ("broken", "ValueError: two lines"),
        ("missing", "AttributeError"),
    ],
)
def test_a_broken_plug_in_is_one_line_and_the_others_stay(
    name: str, words: str, plug_in: Callable[..., list[EntryPoint]]
) -> None:
    loaded, faults = load_plug_ins(plug_in(name, "PRICED"))
    assert list(loaded) == ["acme"]
    (line,) = faults
    assert line.startswith(f"the plug-in '{name}' (acme_models:{name}) is left out: ")
    assert words in line
    assert "\n" not in line


@pytest.mark.usefixtures("with_plug_ins")
def test_a_plug_ins_price_is_its_own_and_else_unknown() -> None:
    prices = Prices()
    assert prices.cost("acme/known", 1_000_000, 500_000) == pytest.approx(2.0 + 4.0)
    assert prices.cost("acme/other", 10, 10) is None
    assert prices.cost("silent/any", 10, 10) is None
    assert prices.source("silent/any") == "unknown"
    assert prices.source("acme/known") == "the plug-in that brings the model"

    class Silent:
        model, base_url = "silent/any", None
        price_share, all_at_once = 1.0, False

        def count_tokens(self, text: str) -> None:
            return None

    runner: Any = Silent()
    asked = Request("1", (Message("user", "1 1"),), Sampling(10))
    with pytest.raises(InputError, match="price of silent/any is unknown, so --budget cannot"):
        Budget(runner, prices, 1.0).check(prices.estimate(runner, [asked]))


@pytest.mark.usefixtures("with_plug_ins")
def test_what_a_plug_in_needs_is_named() -> None:
    with pytest.raises(
        InputError, match=r"needs not_installed_anywhere: pip install 'acme\[all\]'"
    ):
        open_runner("acme/known", Options())
    with pytest.raises(InputError, match="--base-url means nothing to model 'acme/known'"):
        open_runner("acme/known", Options(base_url="http://127.0.0.1:1/v1"))


@pytest.mark.parametrize("model", ["openai", "openai/", "nobody/x", "bundled/x", ""])
def test_unknown_models_are_refused_with_the_known_ones(model: str) -> None:
    with pytest.raises(InputError, match=r"models are named: bundled, hf/ORG/NAME, vllm"):
        find_kind(model)


def test_the_room_for_reasoning_is_the_servers_not_the_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    near, far = "http://127.0.0.1:8000/v1", "https://api.example.com/v1"
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    openai, vllm = find_kind("openai/m"), find_kind("vllm/m")
    assert openai.room_for_reasoning() == openai.room_for_reasoning(far) == 4096
    assert openai.room_for_reasoning(near) == vllm.room_for_reasoning(near) == 0
    assert vllm.room_for_reasoning(far) == 4096
    assert vllm.room_for_reasoning() == 0
    monkeypatch.setenv("OPENAI_BASE_URL", near)
    assert openai.endpoint() == near
    assert openai.room_for_reasoning() == 0
    assert openai.room_for_reasoning(far) == 4096


def test_every_kind_says_where_its_price_comes_from() -> None:
    for kind in kinds().values():
        assert kind.price in ("free", "unknown") or isinstance(kind.price, ListPrice)
        assert kind.price != "free" or not kind.hosted
    assert ModelKind("x", "…", lambda *_: None).price == "unknown"  # type: ignore[arg-type]
    assert Rate(1, 2) != Rate(2, 1)


def test_a_stock_backend_is_told_device_and_dtype_however_they_were_given() -> None:
    options = Options(dtype="bfloat16", device="cpu", model_args={"a": 1})
    runner = open_runner("lm-eval/dummy", options)
    assert runner.numerics["model_args"] == {"a": "1", "device": "cpu", "dtype": "bfloat16"}
