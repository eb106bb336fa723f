"""The Gemini provider against a server on the wire: every answer and every fault it can give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from delivering import FAST, Ask, Delivered, Run, asked
from shapes import Json, answer_to
from snellen.errors import InputError, ModelRefused
from snellen.runners.dispatch.provider import Limits
from snellen.runners.gemini.provider import Gemini
from snellen.runners.protocol import Failure, Message, Reply, Request, Sampling
from wireserver import Call, Raw


@pytest.fixture
def kind() -> type[Gemini]:
    return Gemini


@pytest.fixture
def limits() -> Limits:
    return replace(FAST, attempt_s=1.5)


def test_an_answer_and_all_that_is_said_of_it(run: Run, ask: Ask, delivered: Delivered) -> None:
    wire, _ = run(
        lambda call: None,
        [ask("one two", temperature=0.5, seed=7, stop=("\n",), top_p=0.9, reasoning_effort="low")],
    )
    reply = delivered.reply("one two")
    assert reply == Reply(
        text=answer_to("one two"),
        finish_reason="stop",
        prompt_tokens=2,
        completion_tokens=5,
        reasoning_tokens=2,
        latency_s=reply.latency_s,
        fingerprint="wire-1-002",
        reasoning="hm",
    )
    assert wire.calls[0].body == {
        "contents": [{"role": "user", "parts": [{"text": "one two"}]}],
        "generationConfig": {
            "maxOutputTokens": 16,
            "temperature": 0.5,
            "topP": 0.9,
            "seed": 7,
            "stopSequences": ["\n"],
            "thinkingConfig": {"thinkingLevel": "LOW"},
        },
    }


def test_a_conversation_with_a_system_turn(run: Run) -> None:
    turns = (
        Message("system", "be brief"),
        Message("user", "hello"),
        Message("assistant", "hi"),
        Message("user", "count"),
    )
    wire, _ = run(lambda call: None, [Request("k", turns, Sampling(5))])
    body = wire.calls[0].body
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]
    assert body["systemInstruction"]["parts"] == [{"text": "be brief"}]


@pytest.mark.parametrize(
    ("effort", "config"),
    [("0", {"thinkingBudget": 0}), ("-1", {"thinkingBudget": -1}), ("none", {"thinkingBudget": 0})],
)
def test_thinking_budgets(run: Run, ask: Ask, effort: str | None, config: Json) -> None:
    wire, _ = run(lambda call: None, [ask("q", reasoning_effort=effort)])
    assert wire.calls[0].body["generationConfig"]["thinkingConfig"] == config


def test_a_model_that_takes_budgets_only(run: Run, ask: Ask, delivered: Delivered) -> None:
    def plan(call: Call) -> str | None:
        thinking = call.body["generationConfig"].get("thinkingConfig", {})
        return "error:no_level" if "thinkingLevel" in thinking else None

    wire, runner = run(plan, [ask("q", reasoning_effort="medium")])
    config = wire.calls[-1].body["generationConfig"]["thinkingConfig"]
    assert config == {"thinkingBudget": 8192}
    assert not runner.dropped
    assert delivered.reply("q").text == answer_to("q")


@pytest.mark.parametrize(
    ("fault", "setting", "field"),
    [("no_thinking", "reasoning_effort", "thinkingConfig"), ("no_seed", "seed", "seed")],
)
def test_a_setting_that_the_model_refuses_is_dropped_and_recorded(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None, setting: str, field: str
) -> None:
    wire, runner = run(
        lambda call: f"error:{fault}" if field in call.body["generationConfig"] else None,
        [ask("q", seed=1, reasoning_effort="128")],
    )
    assert list(runner.dropped) == [setting]
    assert field not in wire.calls[-1].body["generationConfig"]
    assert delivered.reply("q").text == answer_to("q")


@pytest.mark.parametrize(
    ("fault", "text", "finish"),
    [
        ("empty", "", "stop"),  # thoughts, and nothing else
        ("MAX_TOKENS", answer_to("q"), "length"),
        ("SAFETY", "", "content_filter"),
        ("RECITATION", answer_to("q"), "content_filter"),
        ("PROHIBITED_CONTENT", answer_to("q"), "content_filter"),
        ("A_REASON_OF_NEXT_YEAR", answer_to("q"), "A_REASON_OF_NEXT_YEAR"),
        ("OTHER", answer_to("q"), "OTHER"),
        ("blocked_prompt", "", "content_filter"),
        ("drip", answer_to("q"), "stop"),
    ],
)
def test_odd_answers_are_answers(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None, text: str, finish: str
) -> None:
    wire, _ = run(lambda call: fault, [ask("q")])
    reply = delivered.reply("q")
    assert isinstance(reply, Reply)
    assert (reply.text, reply.finish_reason) == (text, finish)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("thought", [False, "false", None])
def test_a_part_that_is_no_thought_is_the_answer(
    run: Run, ask: Ask, delivered: Delivered, thought: object
) -> None:
    parts = [{"text": "3", "thought": thought}]
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    run(lambda call: Raw(200, {"candidates": [candidate]}), [ask("q")])
    assert (delivered.reply("q").text, delivered.reply("q").reasoning) == ("3", None)


def test_feedback_without_a_reason_is_geminis_and_no_block(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(lambda call: Raw(200, {"promptFeedback": {"safetyRatings": []}}), [ask("q")])
    assert delivered.failure("q").reason.startswith("the server's answer has no candidates (given")


@pytest.mark.parametrize(
    "fault",
    [
        *("429", "429:0.2", "500", "503", "504", "reset", "half_body", "invalid_json"),
        *("web_page", "hang", "MALFORMED_RESPONSE"),
    ],
)
def test_a_passing_fault_is_tried_again(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None
) -> None:
    wire, _ = run(lambda call: fault if call.attempt == 1 else None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")
    assert len(wire.calls) == 2


def test_the_delay_that_gemini_names_is_kept(run: Run, ask: Ask, delivered: Delivered) -> None:
    wire, _ = run(lambda call: "429:1.2" if call.attempt == 1 else None, [ask("q")])
    first, second = wire.calls
    assert 1.2 <= second.at - first.at < 1.8


def test_a_prompt_beyond_the_context_fails_at_once(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, _ = run(
        lambda call: "error:overflow" if call.prompt == "long" else None, [ask("long"), ask("a")]
    )
    failure = delivered.failure("long")
    assert isinstance(failure, Failure)
    assert "exceeds the maximum number of tokens" in failure.reason
    assert delivered.reply("a").text == answer_to("a")
    assert len(wire.calls) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error:wrong_key", "check GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("error:forbidden", "does not let this key use gemini/wire-1"),
        ("error:no_location", "User location is not supported"),
        ("error:unknown_model", "no model gemini/wire-1"),
        ("error:daily_quota", "the day's quota"),
    ],
)
def test_the_circuit_breaks_when_no_request_can_succeed(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None, words: str
) -> None:
    with pytest.raises(ModelRefused, match=words):
        run(lambda call: fault, (ask(f"q {i}") for i in range(4000)))
    assert not delivered


def test_a_server_of_another_kind(run: Run, ask: Ask) -> None:
    with pytest.raises(ModelRefused, match="nowhere a Gemini server"):
        run(lambda call: None, [ask("q")], path="/nowhere")
    with pytest.raises(ModelRefused, match="not one of Gemini's"):
        run(lambda call: None, [ask("q")], path="/page")
    with pytest.raises(ModelRefused, match="no candidates; is http"):
        run(lambda call: Raw(200, {"hello": "world"}), [ask("q")])


def test_a_content_that_is_a_bare_text(run: Run, ask: Ask, delivered: Delivered) -> None:
    body = {"candidates": [{"content": "3", "finishReason": "STOP"}]}
    wire, _ = run(lambda call: Raw(200, body), [ask("q")])
    assert delivered.reply("q").text == "3"
    assert len(wire.calls) == 1


def test_nobody_there(ask: Ask, delivered: Delivered, unused_port: int) -> None:
    nobody = Gemini("m", base_url=f"http://127.0.0.1:{unused_port}")
    with pytest.raises(ModelRefused, match=r"cannot reach http://127\.0\.0\.1"):
        asked(nobody, [ask("q")], delivered)


def test_a_raw_prompt_is_refused(run: Run, ask: Ask) -> None:
    with pytest.raises(ModelRefused, match="use the chat template"):
        run(lambda call: None, [ask("q", raw=True)])


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(InputError, match="set GOOGLE_API_KEY or GEMINI_API_KEY"):
        Gemini("m")
