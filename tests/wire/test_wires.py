"""The shared cases of faults that people met (``wires.jsonl``), each through the real SDK."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from delivering import FAST, Ask, Delivered, Run, Serve, asked
from shapes import OpenAIShape, answer_to
from snellen.errors import InputError, ModelRefused
from snellen.runners.azure.provider import Azure
from snellen.runners.cached import CachedRunner
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Failure, Message, Reply, Request, Sampling
from wirecases import ROWS, always, for_prompt, raw
from wireserver import Call, Raw, Wire


@pytest.fixture
def limits() -> Limits:
    return replace(FAST, faults=4)


def six(ask: Ask, **sampling: Any) -> list[Request]:
    return [ask(f"q {i}", **sampling) for i in range(6)]


def test_every_case_is_tested() -> None:
    """Here, or where its mechanism is tested."""
    elsewhere = {"proxy", "nan_logprobs", "dead_backend", "quota_help_only"}
    here = Path(__file__).read_text()
    assert {case for case in ROWS if f'"{case}"' not in here} == set()
    assert elsewhere < set(ROWS)


def test_content_that_is_a_list(run: Run, ask: Ask, delivered: Delivered) -> None:
    run(for_prompt("q 3", raw("content_is_a_list")), six(ask))
    assert delivered.reply("q 3").text == "3"
    assert len(delivered) == 6
    assert all(isinstance(reply, Reply) for reply in delivered.values())


def test_usage_of_odd_types_costs_only_itself_and_is_said_once(
    run: Run, ask: Ask, delivered: Delivered, caplog: pytest.LogCaptureFixture
) -> None:
    run(always(raw("usage_oddly_typed")), six(ask))
    reply = delivered.reply("q 0")
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("3", 20, None)
    assert (reply.fingerprint or "").endswith(" 7")
    assert len([r for r in caplog.records if "unreadable" in r.getMessage()]) == 1
    assert "completion_tokens '3.5'" in caplog.text


def test_an_error_with_status_200_is_no_answer(run: Run, ask: Ask, delivered: Delivered) -> None:
    run(always(raw("error_string_in_200")), six(ask))
    assert set(delivered.values()) == {Failure("The model was unloaded.", None)}


@pytest.mark.parametrize("case", ["quota_other_type", "payment_required"])
def test_an_account_that_cannot_pay_ends_the_run_at_once(
    run: Run, ask: Ask, delivered: Delivered, case: str
) -> None:
    with pytest.raises(ModelRefused, match=r"out of credit or suspended: .*alance") as caught:
        run(always(raw(case)), (ask(f"q {i}") for i in range(500)))
    assert "\n" not in str(caught.value)
    assert not delivered


def test_an_account_that_runs_dry_keeps_what_was_answered(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire = []

    def plan(call: Call) -> Raw | None:
        wire.append(call)
        return raw("payment_required_midway") if len(wire) >= 20 else None

    with pytest.raises(ModelRefused, match="does not suffice"):
        run(plan, (ask(f"q {i}") for i in range(500)))
    assert 15 <= len(delivered) <= 19
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    assert len(wire) < 40


def test_a_request_that_is_too_large_for_the_rate_fails_alone_and_at_once(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, _ = run(for_prompt("q 2", raw("too_large_as_429")), six(ask))
    assert "requested 40250" in delivered.failure("q 2").reason
    assert sum(isinstance(reply, Reply) for reply in delivered.values()) == 5
    assert len(wire.calls) == 6


def test_a_wait_of_a_day_holds_nobody_else(run: Run, ask: Ask, delivered: Delivered) -> None:
    began = time.monotonic()
    run(for_prompt("q 7", raw("retry_after_day")), [ask(f"q {i}") for i in range(30)])
    assert time.monotonic() - began < 5
    assert isinstance(delivered.pop("q 7"), Failure)
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    assert len(delivered) == 29


def test_a_reset_that_is_a_point_in_time_is_no_wait(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    headers = ROWS["reset_header_epoch"]["headers"]
    headers |= {"x-ratelimit-reset-requests": str(int(time.time()) + 2)}
    good = OpenAIShape("chat/completions").answer("q", "3")
    began = time.monotonic()
    run(always(Raw(200, good, headers)), six(ask))
    assert len(delivered) == 6
    assert time.monotonic() - began < 2


def test_five_stop_strings(run: Run, ask: Ask, delivered: Delivered) -> None:
    full = answer_to("q")
    stops = ("one", "two", "three", "four", full[4:6])
    wire, runner = run(
        lambda call: raw("five_stops") if len(call.body.get("stop", ())) > 4 else None,
        [ask("q", stop=stops)],
    )
    assert wire.calls[0].body["stop"] == list(stops[:4])
    assert delivered.reply("q").text == full[: full.index(full[4:6])]
    assert not runner.dropped


def test_a_server_that_takes_fewer_stop_strings(run: Run, ask: Ask, delivered: Delivered) -> None:
    full = answer_to("q")
    _, runner = run(
        lambda call: raw("five_stops") if "stop" in call.body else None,
        [ask("q", stop=("zz", full[4:6]))],
    )
    assert delivered.reply("q").text == full[: full.index(full[4:6])]
    assert list(runner.dropped) == ["stop"]


def test_a_model_that_is_loading_is_waited_for(run: Run, ask: Ask, delivered: Delivered) -> None:
    began = []

    def plan(call: Call) -> Raw | None:
        began.append(call.at)
        return raw("model_loading") if call.at - began[0] < 2.0 else None

    run(plan, six(ask), limits=Limits(concurrency=4, faults=1))
    assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(6)}


def test_an_answer_that_ends_at_the_models_length_is_truncated(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(always(raw("finish_model_length")), six(ask))
    assert {reply.finish_reason for reply in delivered.replies.values()} == {"length"}


def test_an_error_that_is_a_list(run: Run, ask: Ask) -> None:
    with pytest.raises(ModelRefused, match=r"API key not valid.*check OPENAI_API_KEY"):
        run(always(raw("error_is_a_list")), six(ask))


def test_an_error_that_is_a_string_about_a_setting(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, runner = run(
        lambda call: raw("error_is_a_string") if "reasoning_effort" in call.body else None,
        six(ask, reasoning_effort="low"),
    )
    assert runner.dropped["reasoning_effort"].startswith("Model m does not support parameter")
    assert "reasoning_effort" not in wire.calls[-1].body
    assert all(isinstance(reply, Reply) for reply in delivered.values())


def test_a_value_that_the_model_does_not_have_is_the_users_to_change(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    with pytest.raises(InputError, match=r"--reasoning-effort none: .*minimal, low, medium, high"):
        run(
            lambda call: (
                raw("refused_value") if call.body.get("reasoning_effort") == "none" else None
            ),
            six(ask, reasoning_effort="none"),
        )
    assert not delivered


def test_a_server_that_only_streams(run: Run, ask: Ask, delivered: Delivered) -> None:
    def stream(call: Call) -> Raw:
        if "stream" not in call.body:
            return raw("stream_only")
        text = answer_to(call.prompt)
        chunks = [
            {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
            *({"choices": [{"delta": {"content": letter}}]} for letter in text),
            {"choices": [{"delta": {}, "finish_reason": "length"}]},
            {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 9}, "model": "m"},
        ]
        lines = [": a comment", *(f"data: {json.dumps(chunk)}" for chunk in chunks), "data: [DONE]"]
        return Raw(200, "\n\n".join(lines), {"Content-Type": "text/event-stream"})

    wire, _ = run(stream, six(ask), limits=Limits(concurrency=1))
    reply = delivered.reply("q 4")
    assert (reply.text, reply.finish_reason) == (answer_to("q 4"), "length")
    assert (reply.prompt_tokens, reply.completion_tokens) == (4, 9)
    assert len(wire.calls) == 7  # asked without a stream once, and never again


def test_a_prompt_that_moderation_refuses_is_refused_alone(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(for_prompt("q 5", raw("moderation_of_one")), six(ask))
    refused = delivered.reply("q 5")
    assert (refused.text, refused.finish_reason) == ("", "content_filter")
    assert refused.notice == "Input flagged by moderation (HTTP 403)"
    assert all(
        reply.finish_reason == "stop" for p, reply in delivered.replies.items() if p != "q 5"
    )


def test_two_servers_of_one_name_have_two_identities(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``second_server_same_out``: what was asked of one is no answer of the other."""
    assert "second_server_same_out" in ROWS
    keys = []
    for _ in range(2):
        monkeypatch.setenv("OPENAI_BASE_URL", serve(Wire()).root + "/v1")
        runner = Dispatch(OpenAI("wire-1"))
        request = CachedRunner(runner).request((Message("user", "q"),), Sampling(8), {})
        keys.append(request.key)
        runner.close()
    assert keys[0] != keys[1]


def test_azure_through_its_own_client_and_environment(
    serve: Serve, ask: Ask, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "azure_query" in ROWS
    wire = Wire()
    url = serve(wire).root
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", url)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.delenv("OPENAI_API_KEY")
    asked(Azure("wire-1"), [ask("q")], delivered)
    (call,) = wire.calls
    assert delivered.reply("q").text == answer_to("q")
    assert call.path == "/openai/deployments/wire-1/chat/completions?api-version=2024-10-21"
    assert call.headers["api-key"] == "azure-key-1"
    assert "Authorization" not in call.headers
    with pytest.raises(InputError, match="azure/DEPLOYMENT"):
        OpenAI("wire-1", base_url=f"{url}/openai/deployments/wire-1?api-version=2024-10-21")


def test_a_malformed_function_call_is_no_refusal(run: Run, ask: Ask, delivered: Delivered) -> None:
    odd = {f"q {i}" for i in (1, 3, 5)}
    run(
        lambda call: raw("malformed_function_call") if call.prompt in odd else None,
        six(ask),
        kind=Gemini,
    )
    assert {p: r.finish_reason for p, r in delivered.replies.items()} == {
        f"q {i}": "MALFORMED_FUNCTION_CALL" if f"q {i}" in odd else "stop" for i in range(6)
    }
    assert delivered.reply("q 1").notice == "the model did not answer: MALFORMED_FUNCTION_CALL"


def test_an_empty_answer_is_asked_again_and_kept_if_it_stays_so(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    wire, _ = run(
        lambda call: raw("empty_stop") if call.attempt == 1 or call.prompt == "q 2" else None,
        six(ask),
        kind=Gemini,
    )
    assert all(delivered.reply(f"q {i}").text == answer_to(f"q {i}") for i in (0, 1, 3, 4, 5))
    empty = delivered.reply("q 2")
    assert (empty.text, empty.finish_reason, empty.notice) == ("", "stop", "the answer is empty")
    assert (empty.prompt_tokens, empty.completion_tokens) == (20, None)
    assert 2 <= sum(call.prompt == "q 2" for call in wire.calls) <= 4


def test_an_answer_without_candidates_is_asked_again(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(
        lambda call: raw("no_candidates") if call.attempt <= 3 or call.prompt == "q 4" else None,
        six(ask),
        kind=Gemini,
        limits=Limits(concurrency=6, faults=5),
    )
    failed = delivered.pop("q 4")
    assert isinstance(failed, Failure)
    assert "has no candidates" in failed.reason
    assert "Gemini server" not in failed.reason
    assert all(text == answer_to(prompt) for prompt, text in delivered.texts.items())
