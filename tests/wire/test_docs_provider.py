"""The provider that docs/providers.md adds by example, word for word, on the wire."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from snellen.errors import ModelRefused
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits, Provider
from snellen.runners.protocol import Failure, Reply
from wireserver import Wire, answer_to

DOC = Path(__file__).parents[2] / "docs" / "providers.md"


@pytest.fixture(scope="module")
def ollama():
    code = re.search(r"<!-- example -->\n```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    space = {"__name__": "example"}
    exec(compile(code[1], str(DOC), "exec", dont_inherit=True), space)
    return space["Ollama"]


@pytest.fixture
def run(ollama, serve, delivered):
    def go(plan, requests, name="wire-1"):
        provider: Provider = ollama(name, serve(Wire(plan)).root)
        runner = Dispatch(provider, Limits(concurrency=4, faults=3))
        try:
            runner.answer(requests, delivered)
        finally:
            runner.close()

    return go


def test_it_answers(run, ask, delivered):
    run(lambda call: None, [ask(f"q {i}", seed=1, stop=("x",)) for i in range(20)])
    assert {p: r.text for p, r in delivered.items()} == {
        f"q {i}": answer_to(f"q {i}") for i in range(20)
    }
    assert delivered["q 1"].fingerprint == "wire-1:q4"


@pytest.mark.parametrize("fault", ["503", "429", "reset", "half_body", "invalid_json"])
def test_it_comes_through_faults(run, ask, delivered, fault):
    run(lambda call: fault if call.attempt == 1 else None, [ask("q")])
    assert delivered["q"].text == answer_to("q")


def test_it_fails_what_fails(run, ask, delivered):
    run(lambda call: "error:overflow" if call.prompt == "long" else None, [ask("long"), ask("a")])
    assert isinstance(delivered["long"], Failure)
    assert isinstance(delivered["a"], Reply)
    with pytest.raises(ModelRefused, match="no model ollama/nope"):
        run(lambda call: None, [ask("q")], name="nope")
