"""Our models in lm-eval, against servers on the wire."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lm_eval.api.registry import get_model, model_registry
from snellen.errors import InputError
from snellen.harness import models
from wireserver import Serving, Wire

# aiohttp leaves lm-eval's own connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

Serve = Callable[[Wire], Serving]
DOCS = 12


class VllmWire(Wire):
    """A server that says that it is vLLM."""

    async def _models(self, request: web.Request) -> web.StreamResponse:
        cards = [{"id": name, "object": "model", "owned_by": "vllm"} for name in self.models]
        return web.json_response({"data": cards})


def asked(wire: Wire) -> int:
    """Calls so far, without the token by which a vLLM server is told from another."""
    return sum(call.prompt != "1" for call in wire.calls)


@pytest.mark.parametrize(
    ("name", "path"), [("snellen-openai", "/v1"), ("snellen-vllm", "/v1"), ("snellen-gemini", "")]
)
def test_a_foreign_task_through_our_models(
    serve: Serve, sums: Any, evaluate: Any, name: str, path: str, tmp_path: Path
) -> None:
    kind = VllmWire if name == "snellen-vllm" else Wire
    wire = kind(lambda call: "503" if call.attempt == 1 and "1 plus" in call.prompt else None)
    journal = tmp_path / "j.sqlite"
    args = {"model": "wire-1", "base_url": serve(wire).root + path, "journal": str(journal)}
    results = evaluate(sums(), name, args, apply_chat_template=True)
    assert results["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert results["config"]["snellen_model"].endswith("/wire-1")
    assert asked(wire) == DOCS + 3
    again = evaluate(sums(), name, args, apply_chat_template=True)
    assert again["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert asked(wire) == DOCS + 3
    with sqlite3.connect(journal) as db:
        assert db.execute("SELECT count(*) FROM answers").fetchone() == (DOCS,)


def test_log_likelihoods_are_refused_where_there_are_none(
    serve: Serve, sums: Any, evaluate: Any
) -> None:
    args = {"model": "wire-1", "base_url": serve(Wire()).root + "/v1"}
    with pytest.raises(InputError, match="gives no log-probabilities of a given text"):
        evaluate(sums("choose"), "snellen-openai", args)


def test_log_likelihoods_through_a_chat_template_are_refused(
    serve: Serve, sums: Any, evaluate: Any
) -> None:
    # The context is a list of turns then: to score it as text would be to score its JSON.
    args = {"model": "wire-1", "base_url": serve(VllmWire()).root + "/v1"}
    with pytest.raises(InputError, match="leave out --apply_chat_template"):
        evaluate(sums("choose"), "snellen-vllm", args, apply_chat_template=True)


def test_none_of_the_built_in_models_is_hidden() -> None:
    for name in ("hf", "vllm", "local-chat-completions", "dummy"):
        assert name in model_registry
    assert get_model("snellen-gemini") is models.SnellenGemini  # type: ignore[attr-defined]


@pytest.mark.parametrize("secret", ["api_key", "token"])
def test_a_key_among_the_arguments_is_refused(secret: str) -> None:
    with pytest.raises(InputError, match=f"{secret} in --model_args would be written"):
        get_model("snellen-openai")(model="m", **{secret: "sk-1"})


def test_a_model_without_a_name() -> None:
    with pytest.raises(InputError, match="snellen-openai needs model="):
        get_model("snellen-openai")()


def test_a_setting_that_is_not_sent_is_named(serve: Serve, evaluate: Any) -> None:
    args = {"model": "wire-1", "base_url": serve(Wire()).root + "/v1"}
    results = evaluate(
        "snellen_count_ones", "snellen-openai", args, gen_kwargs={"top_k": 5}, log_samples=False
    )
    assert list(results["config"]["not_sent"]) == ["top_k"]


def test_vllm_continues_a_prefix(serve: Serve, sums: Any, evaluate: Any) -> None:
    """lm-eval's ``gen_prefix`` begins the answer; a new turn after it would be another question."""
    wire = VllmWire()
    args = {"model": "wire-1", "base_url": serve(wire).root + "/v1"}
    for prefix in ("It is", None):
        evaluate(sums(gen_prefix=prefix), "snellen-vllm", args, apply_chat_template=True)
    bodies = [call.body for call in wire.calls if "messages" in call.body]
    assert len(bodies) == 2 * DOCS
    for body in bodies:
        started = body["messages"][-1] == {"role": "assistant", "content": "It is"}
        assert body.get("continue_final_message", False) == started
        assert body.get("add_generation_prompt", True) != started
    assert sum("continue_final_message" in body for body in bodies) == DOCS
