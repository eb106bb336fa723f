"""The tables of meanings against what providers really say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from complaints import CLOUDFLARE_502, SAID
from snellen.runners.dispatch.provider import Loading, Retryable
from snellen.runners.meaning import waits
from snellen.runners.meaning.complaint import Complaint, is_error, read, read_json
from snellen.runners.meaning.finish import Ending, ending_of, in_our_words
from snellen.runners.meaning.settings import Refused, refused_setting
from snellen.runners.meaning.table import Meaning
from snellen.runners.meaning.verdict import Asked, as_exception, meaning_of

NAMES = {
    **{name: name for name in ("max_tokens", "temperature", "top_p", "seed", "stop")},
    "reasoning_effort": "reasoning_effort",
}
ASKED = Asked("openai/m", "http://host/v1", "OPENAI_API_KEY", "such a server", "ends in /v1")


def read_any(body: Any, status: int) -> Complaint:
    return read(body if isinstance(body, str) else json.dumps(body), status)


@pytest.mark.parametrize(("meaning", "status", "body"), SAID, ids=str)
def test_what_providers_say_has_its_meaning(meaning: Meaning, status: int, body: Any) -> None:
    assert meaning_of(read_any(body, status)) is meaning


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "a\n b", "code": 5}}, "a b"),
        ({"error": "a"}, "a"),
        ({"errors": [{"message": "a"}, {"message": "b"}]}, "a; b"),
        ([{"error": {"message": "a"}}], "a"),
        ({"detail": "a"}, "a"),
        ({"detail": [{"loc": ["body", "x"], "msg": "a"}]}, "a"),
        ({"message": {"detail": [{"msg": "a"}]}, "object": "error"}, "a"),
        ({"error": {"message": 'gateway: {"error": {"message": "b"}}'}}, "b; gateway"),
        ({"error": {"code": "some_code"}}, "some_code"),
        ({}, ""),
        ("plain words", "plain words"),
        (CLOUDFLARE_502, "a web page: example.com | 502: Bad gateway"),
        ("<html><body><script>var x</script><p>Oh  no</p></body></html>", "a web page: Oh no"),
    ],
)
def test_errors_of_every_shape_are_read(body: Any, text: str) -> None:
    assert read_any(body, 400).text == text


def test_an_error_is_one_short_line_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-123456")
    said = read("x sk-secret-123456 " + "y\n" * 999, 400).reason
    assert said.startswith("x [OPENAI_API_KEY] y y")
    assert len(said) < 330
    assert read(b"\xff\xfe", 400).reason.endswith("(HTTP 400)")
    assert read('{"error": {"ok": 0}}', 400).reason == '{"error": {"ok": 0}} (HTTP 400)'
    assert read("{}", 400).reason == "no reason given (HTTP 400)"
    assert read("[" * 100_000, 400).status == 400


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"error": "x"}, True),
        ({"error": {"code": 1}, "choices": [{}]}, False),
        ({"object": "error", "message": "x"}, True),
        ([{"error": "x"}], True),
        ({"choices": [], "error": None}, False),
        ({"detail": "x"}, True),
        ("words", True),
        ({"code": 401, "msg": "invalid token", "data": None}, True),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "broke"}}, True),
        ({"message": {"content": "7"}, "done": True}, False),
    ],
)
def test_errors_with_status_200_are_told_from_answers(body: Any, wrong: bool) -> None:
    assert is_error(body) is wrong


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("Unsupported parameter: 'stop' is not supported with this model.", Refused("stop", False)),
        (
            "Unsupported value: 'temperature' does not support 0.0 with this model. Only the "
            "default (1) value is supported.",
            Refused("temperature", False),
        ),
        ("Unrecognized request argument supplied: `seed`", Refused("seed", False)),
        ("Model m does not support parameter reasoningEffort.", Refused("reasoning_effort", False)),
        (
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. "
            "Supported values are: 'low', 'medium', and 'high'.",
            Refused("reasoning_effort", True),
        ),
        ("top_p must be between 0 and 1, got 1.5", Refused("top_p", True)),
        (
            "max_tokens is too large: 5000. This model supports at most 4096 completion tokens.",
            Refused("max_tokens", True),
        ),
        ("Property 'top_p' is unsupported", Refused("top_p", False)),
        ("`temperature` must be strictly positive", Refused("temperature", True)),
        ("Something in the request is invalid", None),
        ("temperature: range: 0.01..1", Refused("temperature", True)),
        ("Thinking is not supported for this model", Refused("reasoning_effort", False)),
        ("Argument not supported on this model: stop", Refused("stop", False)),
        ("stop sequences are not supported", Refused("stop", False)),
        ("seed must be an integer between 0 and 2147483647", Refused("seed", True)),
        (
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            Refused("max_tokens", True),
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 4096.",
            Refused("max_tokens", True),
        ),
        (
            "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens",
            Refused("max_tokens", True),
        ),
        ("messages: roles must alternate between user and assistant", None),
        ("We have never heard of top_p here", Refused("top_p", True)),
        ("The following are not recognised: top_p", Refused("top_p", False)),
        ("What you say of max_tokens is beyond us", None),
        ("Please stop: this prompt is invalid", None),
        ("The conversation seed words are fine", None),
        ("Invalid reasoning effort: maximal", Refused("reasoning_effort", True)),
        ("Invalid value at 'generation_config.seed' (TYPE_INT32), 9", Refused("seed", True)),
        ("stop_sequences: each must contain non-whitespace", Refused("stop", False)),
    ],
)
def test_complaints_about_settings(words: str, refused: Refused | None) -> None:
    complaint = read_json({"error": {"message": words}}, 400)
    assert refused_setting(complaint, NAMES) == refused


def test_a_parameter_that_is_named_beside_the_words() -> None:
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs "
                        "are not permitted"}]}  # fmt: skip
    assert refused_setting(read_json(body, 422), NAMES) == Refused("seed", False)
    nested = {"error": {"message": "not supported", "param": "reasoning.effort"}}
    names = {"reasoning_effort": "reasoning.effort"}
    assert refused_setting(read_json(nested, 400), names) == Refused("reasoning_effort", False)
    field = {"field": "generation_config.seed", "description": "It is odd"}
    google = {"error": {"message": "Odd", "details": [{"fieldViolations": [field]}]}}
    assert refused_setting(read_json(google, 400), NAMES) == Refused("seed", True)


@pytest.mark.parametrize(
    ("reason", "written", "kept"),
    [
        ("stop", 9, "stop"),
        ("eos_token", 9, "stop"),
        ("end_turn", 16, "stop"),
        ("STOP", 9, "stop"),
        ("</s>", 9, "stop"),
        ("stopped_eos", 9, "stop"),
        ("REASON_STOP", 9, "stop"),
        ("stopStringFound", 9, "stop"),
        ("model_length", 9, "length"),
        ("maxPredictedTokensReached", 9, "length"),
        ("REASON_MAX_CONTEXT", 9, "length"),
        ("ERROR_LIMIT", 9, "length"),
        ("IMAGE_SAFETY", 9, "content_filter"),
        ("pause_turn", 9, "pause_turn"),
        ("MAX_TOKENS", 9, "length"),
        (None, 16, "length"),
        (None, 9, "unknown"),
        ("", None, "unknown"),
        ("FINISH_REASON_UNSPECIFIED", 9, "unknown"),
        ("SAFETY", 9, "content_filter"),
        ("max_tokens_exceeded", 9, "length"),
        ("maximum_tokens_reached", 9, "length"),
        ("stop_sequence_hit", 9, "stop"),
        ("reached", 9, "reached"),
        ("sensitive", 9, "content_filter"),
        ("OTHER", 9, "OTHER"),
        ("stop_string", 9, "stop"),
        ("output_limit", 9, "length"),
        ("policy_violation", 9, "content_filter"),
        ("repetition", 9, "repetition"),
        ("tool_calls", 9, "tool_calls"),
        ("a reason\nof next year", 9, "a reason of next year"),
    ],
)
def test_finish_reasons_in_our_words(reason: str | None, written: int | None, kept: str) -> None:
    assert in_our_words(reason, written, 16) == kept


@pytest.mark.parametrize("reason", ["abort", "insufficient_system_resource", "user_aborted"])
def test_answers_that_broke_off(reason: str | None) -> None:
    assert ending_of(reason) is Ending.BROKEN


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 9s.", 9),
        ("Please try again in 6m0.5s. Visit", 360.5),
        ("please retry after 20 seconds", 20),
        ("Try again in 1 minute 30 seconds", 90),
        ("try again in 250ms", 0.25),
        ("try again later", None),
        ("try again in 1 minute and 30 seconds", 90),
        ("Available again in 15 seconds", 15),
        ("the limit resets in 45s", 45),
        ("retry_after: 12", 12),
        ("retryDelay: 17s", None),
        ("cooldown 500 milliseconds", 0.5),
        ("retry with 5 items", None),
    ],
)
def test_waits_in_words(text: str, seconds: float | None) -> None:
    assert waits.said_in_words(text) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "1m30s"}, 90),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "2 seconds"}, 2),
        ({"x-ms-retry-after-ms": "300"}, 0.3),
        ({"retry-after": "2015-10-21T07:28:00Z"}, 0),
        ({"retry-after": "1445412480"}, 0),  # a point in time, in the past
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "30, 30"}, 30),  # sent twice
        ({"retry-after": '"12"'}, 12),
        ({"retry-after": "PT1M30S"}, 90),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({}, None),
    ],
)
def test_waits_in_headers(headers: Mapping[str, str], seconds: float | None) -> None:
    assert waits.retry_after(headers) == seconds


def test_a_rest_is_plausible_or_none() -> None:
    def rest(reset: str, limit: str = "1") -> float | None:
        return waits.rest_s(
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-limit-requests": limit,
                "x-ratelimit-reset-requests": reset,
            }
        )

    assert rest("2") == 2
    assert rest("1m0s", "500") == pytest.approx(0.12)
    assert rest("6m0s") == rest("1795640000") == rest("1795640000000") == 0


def error_of(body: Any, status: int, headers: Mapping[str, str] | None = None) -> Exception:
    complaint = read_any(body, status)
    return as_exception(complaint, meaning_of(complaint), ASKED, "http://host/v1/x", headers or {})


def test_a_wait_is_for_all_where_the_account_is_what_is_exhausted() -> None:
    body = {"error": {"message": "Rate limit reached"}}
    alone = error_of(body, 429, {"retry-after": "30"})
    assert isinstance(alone, Retryable)
    assert (alone.retry_after, alone.for_all) == (30, False)
    everyone = error_of(body, 429, {"retry-after": "30", "x-ratelimit-remaining-requests": "0"})
    assert isinstance(everyone, Retryable)
    assert everyone.for_all


@pytest.mark.parametrize(
    "header",
    ["x-ratelimit-remaining", "x-ratelimit-remaining-tokens", "ratelimit-remaining"],
)
@pytest.mark.parametrize(
    ("left", "spent"), [("0", True), ("0.0", True), ("-3", True), ("7", False)]
)
def test_a_quota_that_is_used_up_is_everybodys(header: str, left: str, spent: bool) -> None:
    error = error_of({"error": "slow down"}, 429, {header: left})
    assert isinstance(error, Retryable)
    assert error.for_all is spent


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"message": "slow", "retry_after": 5.5}, {}, 5.5),
        ({"error": {"message": "slow", "retry_after_ms": 4200}}, {}, 4.2),
        ({"error": {"message": "slow", "retryAfter": "17s"}}, {}, 17),
        ({"error": {"message": "slow", "retry_after": 40}}, {"retry-after": "3"}, 3),
        ({"error": {"message": "slow", "retry_after": True}}, {}, None),
        ({"error": {"message": "slow", "retries": 3}}, {}, None),
        ({"error": {"message": "slow", "metadata": {"headers": {"Retry-After": "8"}}}}, {}, 8),
        ({"error": {"message": "slow"}}, {"ratelimit": "limit=10, remaining=0, reset=7"}, 7),
        ({"error": {"message": "x" * 400 + " Please retry in 17.5s."}}, {}, 17.5),
    ],
)
def test_waits_that_a_body_names(
    body: Any, headers: Mapping[str, str], seconds: float | None
) -> None:
    error = error_of(body, 429, headers)
    assert isinstance(error, Retryable)
    assert error.retry_after == seconds


def test_how_long_a_model_loads() -> None:
    loading = error_of({"error": "Model m is currently loading", "estimated_time": 20.5}, 503)
    assert isinstance(loading, Loading)
    assert loading.retry_after == 20.5


def test_the_key_that_is_wrong_is_named_with_whose_it_looks_like() -> None:
    asked = Asked("openai/m", "http://h/v1", "OPENAI_API_KEY", "x", "y", key="AIzaSecretSecret")
    complaint = read_json({"error": "no"}, 401)
    error = as_exception(complaint, Meaning.WRONG_KEY, asked, "", {})
    assert str(error).endswith(
        "check OPENAI_API_KEY, which holds a key that looks like one of Google"
    )
    assert "Secret" not in str(error) + repr(asked)


def test_resets_are_believed_where_they_are_near() -> None:
    soon = datetime.now(UTC).timestamp() + 20
    for header in (
        "20",
        "20s",
        str(soon),
        str(int(soon * 1000)),
        datetime.fromtimestamp(soon, UTC).isoformat(),
    ):
        wait = waits.reset_s({"x-ratelimit-reset": header})
        assert wait == pytest.approx(20, abs=2), header
    assert waits.reset_s({"x-ratelimit-reset": "7200"}) is None
    assert waits.reset_s({"x-ratelimit-reset": str(soon + 86400)}) is None
    assert waits.reset_s({}) is None


def test_googles_delays_in_every_spelling() -> None:
    kind = {"@type": "type.googleapis.com/google.rpc.RetryInfo"}
    for delay in ("17s", "17", 17, {"seconds": "17"}):
        assert waits.google_delay([{**kind, "retryDelay": delay}]) == 17, delay
    assert waits.google_delay([{**kind, "retryDelay": "soon"}]) is None


def test_a_duration_is_one_as_a_whole() -> None:
    assert waits.duration_s("1m30s") == 90
    assert waits.duration_s("-1s") == waits.duration_s("v5s") == 0
