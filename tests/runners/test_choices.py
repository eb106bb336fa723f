"""Scoring alternatives: through vLLM's wire as in this process, and what cannot be scored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError, SnellenError
from snellen.runners.choices import ChoiceEncoder, scored_reply
from snellen.runners.kinds import Options
from snellen.runners.local.runner import LocalRunner
from snellen.runners.protocol import (
    Deliver,
    Failure,
    Message,
    Reply,
    Request,
    Runner,
    Sampling,
)
from snellen.runners.registry import open_runner

from .test_identity import VLLM, Server

CHOICES = ("9", "10", "11", "1 1")


def request(prompt: str, *, raw: bool) -> Request:
    sampling = Sampling(8, stop=("\n\n", "\nQuestion:") if raw else ())
    return Request(prompt, (Message("user", prompt),), sampling, raw, choices=CHOICES)


ASKED = [
    request("How many? 1 1 1", raw=False),
    request("Question: 1 1 1\nAnswer:", raw=True),
    request("x" * 200, raw=False),
]


def scores(result: Reply | Failure) -> dict[str, float]:
    assert isinstance(result, Reply)
    found: dict[str, float] = json.loads(result.text)["scores"]
    return found


@pytest.fixture(scope="module")
def local(tiny: Path) -> LocalRunner:
    return LocalRunner("hf/tiny", tiny, device="cpu")


class Engine:
    """vLLM's pages about scoring, with a tiny model behind them."""

    def __init__(self, local: LocalRunner) -> None:
        self.local = local
        self.batches: list[int] = []

    def tokenize(self, body: dict[str, Any]) -> dict[str, Any]:
        tokenizer = self.local._tokenizer
        if "messages" in body:
            text = tokenizer.apply_chat_template(
                body["messages"],
                tokenize=False,
                add_generation_prompt=body.get("add_generation_prompt", True),
            )
            return {"tokens": tokenizer.encode(str(text), add_special_tokens=False)}
        special = body.get("add_special_tokens", True)
        return {"tokens": tokenizer.encode(body["prompt"], add_special_tokens=special)}

    def completions(self, body: dict[str, Any]) -> dict[str, Any]:
        if "prompt_logprobs" not in body:  # asked what it is
            return {"model": "m", "choices": [{"index": 0, "text": "3", "finish_reason": "stop"}]}
        prompts = body["prompt"] if isinstance(body["prompt"][0], list) else [body["prompt"]]
        self.batches.append(len(prompts))
        found = [
            {"index": i, "text": "3", "finish_reason": "length", "prompt_logprobs": self._of(ids)}
            for i, ids in enumerate(prompts)
        ]
        return {"model": "m", "choices": found[::-1]}  # in any order

    def _of(self, ids: list[int]) -> list[Any]:
        import torch

        with torch.no_grad():
            said = torch.log_softmax(self.local._model(torch.tensor([ids])).logits[0], dim=-1)
        return [None] + [
            {str(token): {"logprob": float(said[i, token]), "rank": 1}}
            for i, token in enumerate(ids[1:])
        ]


@pytest.fixture
def engine(local: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Server]]:
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    behind = Engine(local)
    server = Server(
        {
            "/v1/models": {"object": "list", "data": [VLLM]},
            "/tokenize": behind.tokenize,
            "/v1/completions": behind.completions,
        }
    )
    yield behind, server
    server.close()


def test_vllm_scores_as_this_process_does(
    local: LocalRunner, engine: tuple[Engine, Server]
) -> None:
    behind, server = engine
    here = local.score(ASKED)
    with closing(open_runner("vllm/m", Options(base_url=server.url))) as runner:
        there = runner.score(ASKED)
    for one, other in zip(here, there, strict=True):
        assert scores(other) == pytest.approx(scores(one), abs=1e-4)
        assert isinstance(one, Reply)
        assert isinstance(other, Reply)
        assert other.prompt_tokens == one.prompt_tokens
        assert other.completion_tokens == 0
        assert other.latency_s is not None
    assert behind.batches == [len(CHOICES)] * len(ASKED)
    assert not server.bodies()  # nothing was written


def test_how_a_conversation_is_rendered_goes_with_it(engine: tuple[Engine, Server]) -> None:
    _, server = engine
    extra = {"chat_template_kwargs": {"enable_thinking": False}}
    options = Options(base_url=server.url, extra_body=extra)
    with closing(open_runner("vllm/m", options)) as runner:
        runner.score(ASKED[:1])
    rendered = [body for body in server.bodies("/tokenize") if "messages" in body]
    assert rendered
    assert all(body["chat_template_kwargs"] == {"enable_thinking": False} for body in rendered)


def test_a_server_without_tokenize_fails_each_request(engine: tuple[Engine, Server]) -> None:
    _, server = engine
    server.refuse = lambda body: "no such page" if "messages" in body else None
    with closing(open_runner("vllm/m", Options(base_url=server.url))) as runner:
        found = runner.score(ASKED[:2])
    assert isinstance(found[0], Failure)
    assert "/tokenize" in found[0].reason
    assert isinstance(found[1], Reply)


def test_what_does_not_fit_the_context_fails_alone(local: LocalRunner) -> None:
    found = local.score([request("x" * 1100, raw=True), ASKED[0]])
    assert isinstance(found[0], Failure)
    assert "the context is 1,024" in found[0].reason
    assert isinstance(found[1], Reply)


@pytest.mark.parametrize("tail", ["", "\n", "<end>\n", "<end>"])
def test_an_answer_is_scored_with_the_first_token_after_it(tail: str) -> None:
    def render(turns: Any) -> list[int]:
        text = "".join(f"<{turn.role[0]}>{turn.content}{tail}" for turn in turns)
        return [*map(ord, text + ("" if turns[-1].role == "assistant" else "<a>"))]

    encoder = ChoiceEncoder(lambda text: [*map(ord, text)], render)
    before, after = encoder.encode(ASKED[0], raw=False)
    assert "".join(map(chr, before)).endswith("<a>")
    assert ["".join(map(chr, tokens)) for tokens in after] == [one + tail[:1] for one in CHOICES]


def test_a_template_that_opens_and_closes_turns_differently_is_split_where_they_part() -> None:
    """As of models that think: the beginning of an answer opens a block that a past turn lacks."""

    def render(turns: Any) -> list[int]:
        text = "".join(f"[{turn.content}]" for turn in turns)
        return [*map(ord, text + ("" if turns[-1].role == "assistant" else "[<think>"))]

    before, after = ChoiceEncoder(lambda text: [], render).encode(ASKED[0], raw=False)
    assert "".join(map(chr, before)) == f"[{ASKED[0].key}]["
    assert ["".join(map(chr, tokens)) for tokens in after] == [f"{one}]" for one in CHOICES]


class Backend(Runner):
    """Scores texts by their length, and not all of them."""

    model = "lm-eval/stub"
    base_url = None
    parallel = 1

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.numerics: Mapping[str, Any] = {}
        self.generation: Mapping[str, Any] = {}
        self.context_length = None
        self.dropped: dict[str, str] = {}
        self.notices: list[str] = []

    def answer(self, requests: Iterable[Request], deliver: Deliver) -> None:
        raise NotImplementedError

    def count_tokens(self, text: str) -> int | None:
        return None

    def close(self) -> None:
        pass

    def loglikelihood(self, pairs: Any) -> list[tuple[float, bool]]:
        if any("too long" in context for context, _ in pairs):
            raise SnellenError("a text could not be scored")
        self.pairs += pairs
        return [(-float(len(text)), False) for _, text in pairs]


def test_a_runner_that_scores_texts_scores_alternatives_of_raw_text() -> None:
    backend = Backend()
    found = backend.score([ASKED[1], request("too long:", raw=True)])
    assert scores(found[0]) == {"9": -4.0, "10": -5.0, "11": -5.0, "1 1": -6.0}
    assert found[1] == Failure("a text could not be scored")
    assert backend.pairs[0] == ("Question: 1 1 1\nAnswer:", " 9\n\n")
    with pytest.raises(InputError, match="use --mode fewshot, or --raw"):
        backend.score([ASKED[0]])


def test_what_scores_come_to() -> None:
    asked = request("?", raw=True)
    said = json.loads(scored_reply(asked, [-1.0, -2.0, float("-inf"), -3.0], 5).text)
    assert said == {"answer": "9", "scores": {"9": -1.0, "10": -2.0, "11": None, "1 1": -3.0}}
    assert json.loads(scored_reply(asked, [-1.0, -1.0, -2.0, -3.0], 5).text)["answer"] is None
