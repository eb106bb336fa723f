"""The provider that docs/providers.md adds by example, word for word, on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from delivering import Ask, Delivered, Run, Serve, asked
from shapes import answer_to
from snellen.errors import ModelRefused
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits, Provider
from snellen.runners.protocol import Failure, Reply, Request
from wireserver import Plan, Wire

OllamaClass = Callable[[str, str], Provider]
DOC = Path(__file__).parents[2] / "docs" / "providers.md"


@pytest.fixture(scope="module")
def ollama() -> OllamaClass:
    (code,) = re.findall(r"<!-- example -->\n```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    space: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, str(DOC), "exec", dont_inherit=True), space)
    built: OllamaClass = space["Ollama"]
    return built


@pytest.fixture
def run(ollama: OllamaClass, serve: Serve, delivered: Delivered) -> Run:
    def go(plan: Plan, requests: Iterable[Request], name: str = "wire-1") -> tuple[Wire, Dispatch]:
        wire = Wire(plan)
        provider = ollama(name, serve(wire).root)
        limits = Limits(concurrency=4, faults=3)
        return wire, asked(provider, requests, delivered, limits)

    return go


def test_it_answers(run: Run, ask: Ask, delivered: Delivered) -> None:
    run(lambda call: None, [ask(f"q {i}", seed=1, stop=("x",)) for i in range(20)])
    assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(20)}
    assert delivered.reply("q 1").fingerprint == "wire-1:q4"


@pytest.mark.parametrize("fault", ["503", "429", "reset", "half_body", "invalid_json"])
def test_it_comes_through_faults(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None
) -> None:
    run(lambda call: fault if call.attempt == 1 else None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")


def test_it_fails_what_fails(run: Run, ask: Ask, delivered: Delivered) -> None:
    run(lambda call: "error:overflow" if call.prompt == "long" else None, [ask("long"), ask("a")])
    assert isinstance(delivered["long"], Failure)
    assert isinstance(delivered["a"], Reply)
    with pytest.raises(ModelRefused, match="no model ollama/nope"):
        run(lambda call: None, [ask("q")], name="nope")
