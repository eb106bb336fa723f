"""lm-eval's own backends as runners of ours, against servers on the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from delivering import Ask, Delivered, Serve
from shapes import answer_to
from snellen.errors import InputError, ModelRefused
from snellen.runners.lm_eval.runner import BackendRunner
from snellen.runners.protocol import Failure, Reply
from wireserver import Wire

Backend = Callable[[Wire], BackendRunner]

# aiohttp leaves lm-eval's own connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def backend(serve: Serve) -> Backend:
    """lm-eval's own client for compatible servers, as a runner of ours."""

    def build(wire: Wire) -> BackendRunner:
        args = {
            "model": "wire-1",
            "base_url": serve(wire).root + "/v1/chat/completions",
            "max_retries": 1,
        }
        return BackendRunner("lm-eval/local-chat-completions", "local-chat-completions", args)

    return build


def test_a_stock_backend_answers_in_chunks(backend: Backend, ask: Ask) -> None:
    chunks = []
    wire = Wire()
    runner = backend(wire)
    requests = [ask(f"q {i}", stop=("\n",), seed=3) for i in range(150)]
    runner.answer(iter(requests), lambda answers: chunks.append(list(answers)))
    answers = [pair for chunk in chunks for pair in chunk]
    assert [len(chunk) for chunk in chunks] == [64, 64, 22]
    assert [reply.text for _, reply in answers if isinstance(reply, Reply)] == [
        answer_to(f"q {i}") for i in range(150)
    ]
    assert wire.calls[0].body["stop"] == ["\n"]
    assert wire.calls[0].body["max_tokens"] == 16
    assert list(runner.dropped) == ["seed"]
    assert runner.numerics["engine"] == "lm-eval/local-chat-completions"


def test_one_bad_request_fails_alone(backend: Backend, ask: Ask, delivered: Delivered) -> None:
    runner = backend(Wire(lambda call: "error:overflow" if call.prompt == "bad" else None))
    runner.answer([ask("a"), ask("bad"), ask("b")], delivered)
    assert isinstance(delivered["bad"], Failure)
    assert isinstance(delivered["a"], Reply)
    assert isinstance(delivered["b"], Reply)


def test_a_backend_that_answers_nothing_is_refused_early(
    backend: Backend, ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(lambda call: "error:wrong_key")
    with pytest.raises(ModelRefused, match="answers nothing"):
        backend(wire).answer((ask(f"q {i}") for i in range(500)), delivered)
    assert len(wire.calls) <= 5


def test_unknown_backends_and_bad_arguments() -> None:
    with pytest.raises(InputError, match="lm-eval has no backend 'nonsense'"):
        BackendRunner("lm-eval/nonsense", "nonsense", {})
    with pytest.raises(InputError, match="backend local-chat-completions cannot be made"):
        BackendRunner("m", "local-chat-completions", {"model": "m", "num_concurrent": "many"})


@pytest.mark.parametrize("secret", ["api_key", "token"])
def test_a_key_among_the_arguments_is_refused(secret: str) -> None:
    with pytest.raises(InputError, match="would be written into the results"):
        BackendRunner("lm-eval/x", "local-chat-completions", {secret: "sk-1"})
