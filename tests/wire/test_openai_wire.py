"""The OpenAI provider against a server on the wire: every answer and every fault it can give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from delivering import FAST, Ask, Delivered, Run, Serve, asked
from shapes import answer_to
from snellen.errors import InputError, ModelRefused
from snellen.runners.dispatch.provider import Limits
from snellen.runners.meaning.waits import duration_s, refill_s
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Failure, Reply
from wireserver import Wire


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
        completion_tokens=3,
        reasoning_tokens=2,
        latency_s=reply.latency_s,
        fingerprint="wire-1-2026 fp_1",
    )
    assert 0 < (reply.latency_s or 0) < 1
    assert wire.calls[0].body == {
        "model": "wire-1",
        "messages": [{"role": "user", "content": "one two"}],
        "max_tokens": 16,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["\n"],
        "reasoning_effort": "low",
    }


def test_what_is_not_set_is_not_sent(run: Run, ask: Ask) -> None:
    wire, _ = run(lambda call: None, [ask("x", temperature=None)])
    assert set(wire.calls[0].body) == {"model", "messages", "max_tokens"}


def test_a_raw_prompt_goes_to_completions(run: Run, ask: Ask, delivered: Delivered) -> None:
    wire, _ = run(lambda call: None, [ask("1 1 1", raw=True)])
    assert wire.calls[0].body["prompt"] == "1 1 1"
    assert delivered.reply("1 1 1").text == answer_to("1 1 1")


@pytest.mark.parametrize(
    ("fault", "text", "finish"),
    [
        ("length", answer_to("q"), "length"),
        ("content_filter", answer_to("q"), "content_filter"),
        ("refusal", "I cannot help with that.", "content_filter"),
        ("error:blocked_prompt", "", "content_filter"),
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


def test_reasoning_is_kept_apart_and_missing_usage_is_unknown(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(lambda call: "reasoning" if call.prompt == "a" else "no_usage", [ask("a"), ask("b")])
    assert delivered.reply("a").reasoning == "let me see"
    assert delivered.reply("b").prompt_tokens is None


@pytest.mark.parametrize(
    "fault",
    [
        *("408", "409", "429", "429:0.2", "500", "502", "503", "503:0.1", "529"),
        *("reset", "half_body", "invalid_json", "web_page", "hang", "drip_slowly"),
        *("abort", "error_in_body"),
    ],
)
def test_a_passing_fault_is_tried_again(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None
) -> None:
    wire, _ = run(lambda call: fault if call.attempt == 1 else None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")
    assert len(wire.calls) == 2
    assert wire.served["q"] == 1 or fault in ("abort", "error_in_body")


@pytest.mark.parametrize("fault", ["500", "reset", "half_body", "hang"])
def test_a_lasting_fault_fails_one_request_and_no_other(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None
) -> None:
    wire, _ = run(
        lambda call: fault if call.prompt == "bad" else None, [ask("a"), ask("bad"), ask("b")]
    )
    assert delivered.reply("a").text == answer_to("a")
    assert delivered.reply("b").text == answer_to("b")
    failure = delivered.failure("bad")
    assert isinstance(failure, Failure)
    assert "given up after 3 attempts" in failure.reason
    assert sum(call.prompt == "bad" for call in wire.calls) == 3


def test_a_prompt_beyond_the_context_fails_at_once(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, _ = run(
        lambda call: "error:overflow" if call.prompt == "long" else None, [ask("long"), ask("a")]
    )
    assert delivered["long"] == Failure(
        "This model's maximum context length is 8192 tokens. (HTTP 400)", 400
    )
    assert delivered.reply("a").text == answer_to("a")
    assert len(wire.calls) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error:wrong_key", "check OPENAI_API_KEY"),
        ("error:forbidden", "does not let this key use openai/wire-1"),
        ("error:unknown_model", "no model openai/wire-1"),
        ("error:no_money", "out of credit"),
    ],
)
def test_the_circuit_breaks_when_no_request_can_succeed(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None, words: str
) -> None:
    with pytest.raises(ModelRefused, match=words) as caught:
        run(lambda call: fault, (ask(f"q {i}") for i in range(4000)))
    assert "\n" not in str(caught.value)
    assert not delivered


def test_what_was_answered_before_the_circuit_breaks_is_kept(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    with pytest.raises(ModelRefused):
        run(
            lambda call: "error:wrong_key" if call.prompt == "q 20" else None,
            (ask(f"q {i}") for i in range(4000)),
        )
    assert 10 <= len(delivered) < 100
    assert all(isinstance(reply, Reply) for reply in delivered.values())


def test_an_unknown_model_and_a_server_of_another_kind(run: Run, ask: Ask) -> None:
    with pytest.raises(ModelRefused, match="no model openai/gpt-0"):
        run(lambda call: None, [ask("q")], name="gpt-0")
    with pytest.raises(ModelRefused, match="web page"):
        run(lambda call: None, [ask("q")], path="/page")
    with pytest.raises(ModelRefused, match="mostly end in /v1"):
        run(lambda call: None, [ask("q")], path="")
    with pytest.raises(ModelRefused, match="no choices"):
        run(lambda call: "no_choices", [ask("q")])


def test_nobody_there(ask: Ask, delivered: Delivered, unused_port: int) -> None:
    nobody = OpenAI("m", base_url=f"http://127.0.0.1:{unused_port}/v1")
    with pytest.raises(ModelRefused, match=r"cannot reach http://127\.0\.0\.1"):
        asked(nobody, [ask("q")], delivered)


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://x/v1", "http://", "nonsense"])
def test_not_a_url(url: str) -> None:
    with pytest.raises(InputError, match="not a server's URL"):
        OpenAI("m", base_url=url)


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(InputError, match="no API key for openai/m: set OPENAI_API_KEY"):
        OpenAI("m")


def test_a_server_of_ones_own_needs_no_key(
    run: Run, ask: Ask, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    run(lambda call: None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")


@pytest.mark.parametrize("setting", ["temperature", "seed", "stop"])
def test_a_setting_that_the_model_refuses_is_dropped_and_recorded(
    run: Run, ask: Ask, delivered: Delivered, setting: str
) -> None:
    wire, runner = run(
        lambda call: f"error:no_{setting}" if setting in call.body else None,
        [ask(f"q {i}", seed=1, stop=("zz",)) for i in range(20)],
    )
    assert len(delivered) == 20
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    assert list(runner.dropped) == [setting]
    assert setting not in wire.calls[-1].body
    assert len(wire.calls) <= 20 + FAST.concurrency


def test_stop_strings_are_applied_here_where_the_model_refuses_them(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    full = answer_to("q")
    run(
        lambda call: "error:no_stop" if "stop" in call.body else "length",
        [ask("q", stop=(full[5:7],))],
    )
    end = full.index(full[5:7])
    assert (delivered.reply("q").text, delivered.reply("q").finish_reason) == (full[:end], "stop")


def test_the_limit_goes_by_the_name_that_the_model_takes(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, runner = run(
        lambda call: "error:no_max_tokens" if "max_tokens" in call.body else None, [ask("q")]
    )
    assert wire.calls[-1].body["max_completion_tokens"] == 16
    assert delivered.reply("q").text == answer_to("q")
    assert not runner.dropped


def test_a_model_of_the_responses_api(run: Run, ask: Ask, delivered: Delivered) -> None:
    wire, runner = run(
        lambda call: "error:responses_only" if "messages" in call.body else None,
        [ask("q", seed=3, reasoning_effort="high")],
    )
    body = wire.calls[-1].body
    assert (body["max_output_tokens"], body["reasoning"]) == (16, {"effort": "high"})
    assert "seed" not in body
    assert list(runner.dropped) == ["seed"]
    reply = delivered.reply("q")
    assert (reply.text, reply.reasoning, reply.reasoning_tokens) == (answer_to("q"), "hm", 2)


def test_a_base_url_from_the_environment(
    serve: Serve, ask: Ask, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", serve(Wire()).root + "/v1")
    asked(OpenAI("wire-1"), [ask("q")], delivered)
    assert delivered.reply("q").text == answer_to("q")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("120ms", 0.12), ("1m26.4s", 86.4), ("2", 2), ("", 0), ("x", 0)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration_s(text) == pytest.approx(seconds)


def test_an_exhausted_quota_refills_evenly() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
    }
    assert refill_s(headers) == pytest.approx(0.12)
    assert refill_s(headers | {"x-ratelimit-remaining-requests": "3"}) == 0
    assert refill_s({}) == 0
