"""Answers of every shape that compatible servers give: a broken field costs itself and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from delivering import Ask, Delivered, Run
from shapes import Json, OpenAIShape, answer_to
from snellen.errors import ModelRefused
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.provider import OpenAI
from snellen.tasks.registry import find_task
from snellen.tasks.trial import build_trial
from wireserver import Call, Raw


@pytest.mark.parametrize("fault", ["empty", "null"])
def test_an_empty_answer_is_asked_again_a_few_times_and_kept(
    run: Run, ask: Ask, delivered: Delivered, fault: str | None
) -> None:
    wire, _ = run(lambda call: fault, [ask("q")])
    reply = delivered.reply("q")
    assert (reply.text, reply.finish_reason, reply.notice) == ("", "stop", "the answer is empty")
    assert 2 <= len(wire.calls) <= 4
    assert reply.prompt_tokens == 1


THOUGHTS = [
    {"content": None, "reasoning_content": "let me see"},
    {"content": "", "reasoning": "let me see"},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "let me see"}]}]},
    {"content": None, "reasoning_details": [{"type": "reasoning.text", "text": "let me see"}]},
    {"content": "", "reasoning_details": [{"type": "reasoning.summary", "summary": "let me see"}]},
]


@pytest.mark.parametrize("message", THOUGHTS, ids=str)
def test_an_answer_that_is_reasoning_only(
    run: Run, ask: Ask, delivered: Delivered, message: Json
) -> None:
    body = OpenAIShape("chat/completions").answer("q", None, **message)
    wire, _ = run(lambda call: Raw(200, body), [ask("q")])
    reply = delivered.reply("q")
    assert (reply.text, reply.reasoning) == ("", "let me see")
    assert reply.notice == "the answer is reasoning only"
    assert len(wire.calls) == 1  # it was paid for, and would be the same again
    trial = build_trial(find_task("count_ones"), "direct", "none", 5, 0, 0)
    assert trial.judge(reply.text, reply.finish_reason).outcome == "unparseable"


@pytest.mark.parametrize("usage", [None, [], "none", {"prompt_tokens": None}, {}], ids=str)
def test_counts_that_are_not_given_are_unknown(
    run: Run, ask: Ask, delivered: Delivered, usage: object
) -> None:
    body = OpenAIShape("chat/completions").answer("q", "3") | {"usage": usage}
    run(lambda call: Raw(200, body), [ask("q")])
    reply = delivered.reply("q")
    assert (reply.text, reply.finish_reason) == ("3", "stop")
    assert reply.prompt_tokens is reply.completion_tokens is reply.reasoning_tokens is None


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": 3}, "3"),
        ({"content": ["3", {"type": "text", "text": "4"}]}, "34"),
        ({"content": {"type": "text", "text": "3"}}, "3"),
        ({"content": {"parts": [{"text": "3"}]}}, "3"),
        ({"content": {"text": None, "content": "3"}}, "3"),
        ({"content": [{"type": "output_text", "text": {"value": "3"}}]}, "3"),
        ({"content": "3", "tool_calls": "x", "role": 7}, "3"),
    ],
    ids=str,
)
def test_contents_of_other_types(
    run: Run, ask: Ask, delivered: Delivered, message: Json, text: str
) -> None:
    body = OpenAIShape("chat/completions").answer("q", None, **message)
    run(lambda call: Raw(200, body), [ask("q")])
    assert delivered.reply("q").text == text


@pytest.mark.parametrize(
    "finish", ["stop", 7, ["stop"], {"type": "stop", "matched": 2}, {"reason": "stop"}, [], None]
)
def test_finish_reasons_of_other_types_cost_no_answer(
    run: Run, ask: Ask, delivered: Delivered, finish: Any
) -> None:
    body = OpenAIShape("chat/completions").answer("q", "3", finish)
    run(lambda call: Raw(200, body), [ask("q")])
    assert delivered.reply("q").text == "3"
    expected = "7" if finish == 7 else "stop" if finish else "unknown"
    assert delivered.reply("q").finish_reason == expected


@pytest.mark.parametrize("name", ["finishReason", "stop_reason", "native_finish_reason"])
def test_a_finish_reason_by_another_name(
    run: Run, ask: Ask, delivered: Delivered, name: str
) -> None:
    choice = {"message": {"content": "3"}, name: "max_tokens"}
    run(lambda call: Raw(200, {"choices": [choice]}), [ask("q")])
    assert delivered.reply("q").finish_reason == "length"


def test_an_unknown_finish_reason_is_kept_and_named_once(
    run: Run, ask: Ask, delivered: Delivered, caplog: pytest.LogCaptureFixture
) -> None:
    body = OpenAIShape("chat/completions").answer("q", "3", "a_reason_of_next_year")
    run(lambda call: Raw(200, body), [ask(f"q {i}") for i in range(8)])
    assert {reply.finish_reason for reply in delivered.replies.values()} == {
        "a_reason_of_next_year"
    }
    named = [r for r in caplog.records if "unknown finish reason" in r.getMessage()]
    assert len(named) == 1


def test_a_stream_that_is_sent_without_being_asked_for(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    lines = [
        'data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}',
        'data: {"choices":[{"delta":{"content":"3"},"finish_reason":"stop"}]}',
        "data: [DONE]",
    ]
    run(lambda call: Raw(200, "\n".join(lines)), [ask("q")])
    assert (delivered.reply("q").text, delivered.reply("q").reasoning) == ("3", "hm")


def test_a_stream_may_hold_separators_that_end_no_line(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    lines = ['data: {"choices":[{"delta":{"content":"a\u2028b"},"finish_reason":"stop"}]}']
    run(lambda call: Raw(200, "\r\n".join([*lines, "data: [DONE]"])), [ask("q")])
    assert delivered.reply("q").text == "a\u2028b"


@pytest.mark.parametrize(
    "lines",
    [
        ['data: {"choices":[{"delta":{"content":"3"}}]}'],
        ['data: {"choices":[{"delta":{"content":"3"}}]}', 'data: {"choices":[{"del'],
        ['data: {"choices":[{"delta":{"content":"3"}}]}', 'data: {"error":{"code":502}}'],
    ],
)
def test_a_stream_that_breaks_is_asked_again(
    run: Run, ask: Ask, delivered: Delivered, lines: list[str]
) -> None:
    broken = Raw(200, "\n".join(lines), {"Content-Type": "text/event-stream"})
    wire, _ = run(lambda call: broken if call.attempt == 1 else None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")
    assert len(wire.calls) == 2


def test_a_responses_model_that_only_streams(run: Run, ask: Ask, delivered: Delivered) -> None:
    done = OpenAIShape("responses").answer("q", "3")
    lines = [
        'data: {"type":"response.output_text.delta","delta":"3"}',
        f"data: {json.dumps({'type': 'response.completed', 'response': done})}",
    ]

    def plan(call: Call) -> str | Raw:
        if "messages" in call.body:
            return "error:responses_only"
        if "stream" not in call.body:
            return Raw(400, {"detail": "Stream must be set to true"})
        return Raw(200, "\n\n".join(lines), {"Content-Type": "text/event-stream"})

    run(plan, [ask("q")])
    assert (delivered.reply("q").text, delivered.reply("q").reasoning) == ("3", "hm")


def test_an_answer_whose_choice_is_an_error(run: Run, ask: Ask, delivered: Delivered) -> None:
    body = OpenAIShape("chat/completions").answer("q", "", "error")
    body["choices"][0]["error"] = {"code": 502, "message": "upstream broke"}
    wire, _ = run(lambda call: Raw(200, body) if call.attempt == 1 else None, [ask("q")])
    assert delivered.reply("q").text == answer_to("q")
    assert len(wire.calls) == 2


def test_an_error_beside_an_empty_answer(run: Run, ask: Ask, delivered: Delivered) -> None:
    body = OpenAIShape("chat/completions").answer("q", "")
    body["error"] = {"code": 504, "message": "upstream was idle"}
    run(lambda call: Raw(200, body) if call.prompt == "b" else None, [ask("a"), ask("b")])
    assert delivered.failure("b").reason.startswith("upstream was idle (HTTP 504)")
    assert delivered.reply("a").text == answer_to("a")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("The model crashed.", "not JSON: The model crashed."),
        ('{"id": "x", "status": "IN_QUEUE"}', 'no choices: {"id": "x", "status": "IN_QUEUE"}'),
        ("true", "no choices: true"),
        ("data: ERROR: worker died\n\n", "not JSON: ERROR: worker died"),
        ("<html><body>Log in</body></html>", "a web page: Log in; not such a server"),
    ],
)
def test_what_a_server_says_instead_of_an_answer_is_shown(
    run: Run, ask: Ask, delivered: Delivered, body: str, words: str
) -> None:
    run(lambda call: Raw(200, body) if call.prompt == "b" else None, [ask("a"), ask("b")])
    assert words in delivered.failure("b").reason


@pytest.mark.parametrize(
    "body", ["Model is still loading", '{"status": "loading model"}', '{"state": 1, "msg": "busy"}']
)
@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_what_is_said_instead_of_an_answer_is_looked_up(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], body: str
) -> None:
    """However often it comes, a model that loads is waited for, and who is busy is asked again."""
    run(lambda call: Raw(200, body) if call.attempt < 3 else None, [ask("q")], kind)
    assert delivered.texts == {"q": answer_to("q")}
    plain = Raw(200, "Invalid API key")
    with pytest.raises(ModelRefused, match="refused the key"):
        run(lambda call: plain, [ask("r")], kind)


def test_an_answer_without_choices_after_it_has_answered(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    run(lambda call: Raw(200, {}) if call.prompt == "b" else None, [ask("a"), ask("b")])
    assert "Compatible" not in delivered.failure("b").reason.title()
    assert delivered.reply("a").text == answer_to("a")


GOOD = json.dumps(OpenAIShape("chat/completions").answer("q", "3"))


@pytest.mark.parametrize(
    "body",
    [
        GOOD.replace('"3"', '"3 \u00e9"').encode("latin-1"),
        GOOD + "\n\nand more",
        GOOD + GOOD,
        ": keep-alive\n\ndata: " + GOOD + "\n\ndata: [DONE]\n\n",
        'data: {"choices":\ndata: [{"delta":{"content":"3"},"finish_reason":"stop"}]}\n\n',
        'id: 1\ndata: {"choices":[{"index":1,"delta":{"content":"9"},"finish_reason":"stop"}]}\n'
        '\ndata: {"choices":[{"index":0,"delta":{"content":"3"},"finish_reason":"stop"}]}\n\n',
        '{"choices":[{"index":1,"message":{"content":"9"}},{"index":0,"message":{"content":"3"}}]}',
        '{"choices":{"0":{"message":{"content":"3"}},"1":{"message":{"content":"9"}}}}',
        '{"choices":[{"message":{"content":"3"}}],"created":' + "9" * 5000 + "}",
    ],
    ids=[
        *("latin-1", "more", "twice", "comment", "two lines", "two choices streamed"),
        *("two choices", "choices by number", "a long number"),
    ],
)
def test_an_oddly_wrapped_answer_is_paid_for_once(
    run: Run, ask: Ask, delivered: Delivered, body: str | bytes
) -> None:
    wire, _ = run(lambda call: Raw(200, body), [ask("q")])
    assert delivered.reply("q").text.split()[0] == "3"
    assert len(wire.calls) == 1


def test_half_a_character_in_any_field_costs_one_character(
    run: Run, ask: Ask, delivered: Delivered
) -> None:
    choice = r'{"message":{"content":"3\ud83d"},"finish_reason":"x\udc01"}'
    half = r'{"model":"m\udc00","choices":[' + choice + "]}"
    run(lambda call: Raw(200, half), [ask("q")])
    reply = delivered.reply("q")
    assert (reply.text, reply.finish_reason, reply.fingerprint) == ("3\ufffd", "x\ufffd", "m\ufffd")
    str(reply).encode()
    run(lambda call: Raw(400, r'{"error":"no \ud83d"}') if call.prompt == "b" else None, [ask("b")])
    assert delivered.failure("b").reason.startswith("no \ufffd")
