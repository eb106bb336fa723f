"""Settings that keep greedy greedy, at servers that do not take them: dropped and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from delivering import Ask, Delivered, Serve, asked
from shapes import answer_to
from snellen.errors import ModelRefused
from snellen.runners.dispatch.provider import Limits
from snellen.runners.identity import NEUTRAL
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Request
from wireserver import Call, Plan, Raw, Wire

LIMITS = Limits(concurrency=4, attempt_s=20.0, give_up_s=30.0, faults=3)
Run = Callable[..., tuple[Wire, OpenAI]]


@pytest.fixture
def run(serve: Serve, ask: Ask, delivered: Delivered) -> Run:
    """Asks six prompts of a server with a plan; gives the server and who asked."""

    def go(plan: Plan, requests: Iterable[Request] = (), **options: object) -> tuple[Wire, OpenAI]:
        wire = Wire(plan, latency_s=0.05)  # so that several are in flight when one is refused
        settings = {"base_url": serve(wire).root + "/v1", "neutral": NEUTRAL} | options
        provider = OpenAI("wire-1", **settings)  # type: ignore[arg-type]
        asked(provider, requests or [ask(f"q {i}") for i in range(6)], delivered, LIMITS)
        return wire, provider

    return go


def refusing(answer: Raw, *names: str) -> Plan:
    """A server that answers so where a request holds one of some settings."""
    return lambda call: answer if set(names) & set(call.body) else None


DETAILS = [
    {"loc": ["body", "top_k"], "msg": "ensure this value is greater than 0", "type": "value_error"},
    {"loc": ["body", "min_p"], "msg": "value is not a valid thing", "type": "value_error"},
]
NAMED = [
    Raw(400, {"error": {"message": "Unrecognized request argument supplied: top_k, min_p"}}),
    Raw(422, {"detail": DETAILS}),
    Raw(422, {"detail": [{"loc": ["body", "min_p"], "msg": "nope"}, *DETAILS]}),
    Raw(400, {"errors": {"top_k": ["not today"], "min_p": ["nor this"]}}),
    Raw(400, {"errors": [{"field": "top_k", "message": "?"}, {"field": "min_p", "message": "?"}]}),
    Raw(400, {"errors": [{"source": {"pointer": "/top_k"}, "detail": "?"}, {"field": "min_p"}]}),
    Raw(500, {"detail": "generate() got an unexpected keyword argument 'top_k' (and 'min_p')"}),
]
SILENT = [
    Raw(400, "Bad Request"),
    Raw(400, {"error": {"message": "Something in there is not for us", "code": 400}}),
    Raw(422, {"detail": [{"loc": ["body"], "msg": "extra fields", "type": "value_error.extra"}]}),
    Raw(422, ""),
    Raw(500, "Internal Server Error"),
    Raw(500, {"error": {"message": "device-side assert", "type": "server_error"}}),
    Raw(502, "<html><title>502 Bad Gateway</title></html>", {"Content-Type": "text/html"}),
    Raw(200, {"error": {"message": "oops", "code": 500}}),
    Raw(200, "null"),
]


@pytest.mark.parametrize("answer", [*NAMED, *SILENT], ids=lambda raw: str(raw.body)[:60])
def test_those_that_a_server_does_not_take_are_dropped_and_the_others_kept(
    run: Run, delivered: Delivered, answer: Raw
) -> None:
    wire, provider = run(refusing(answer, "top_k", "min_p"))
    assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(6)}
    assert set(provider.dropped) == {"top_k", "min_p"}
    assert all(provider.dropped.values())
    assert wire.calls[-1].body["repetition_penalty"] == 1.0


def test_what_a_server_says_stands_beside_what_was_dropped(run: Run) -> None:
    _, provider = run(refusing(Raw(500, {"detail": "device-side assert"}), "min_p"))
    assert provider.dropped == {
        "min_p": "the server refused a request with it (device-side assert (HTTP 500)), and took "
        "the same one without"
    }


def test_a_server_that_is_dead_is_asked_little_more_than_without_them(
    run: Run, delivered: Delivered
) -> None:
    wires = []
    for neutral in (NEUTRAL, {}):
        wire = Wire()

        def plan(call: Call, wire: Wire = wire) -> str:
            wire.calls.append(call)
            return "500"

        with pytest.raises(ModelRefused, match="none was answered"):
            run(plan, neutral=neutral)
        wires.append(wire)
    assert not delivered
    # Four doubts, and as many of either that were under way when it was seen.
    assert len(wires[0].calls) <= len(wires[1].calls) + 12


def test_a_server_that_stumbles_at_first_and_takes_them_later_keeps_them(
    run: Run, delivered: Delivered
) -> None:
    calls: list[Call] = []

    def plan(call: Call) -> str | None:
        calls.append(call)
        return "500" if len(calls) <= 4 else None

    wire, provider = run(plan)
    assert len(delivered.replies) == 6
    assert not provider.dropped
    assert wire.calls[-1].body["top_k"] == 0


def test_once_they_were_taken_a_fault_is_a_fault(run: Run, ask: Ask, delivered: Delivered) -> None:
    wire, provider = run(lambda call: "500" if call.prompt == "q 5" else None)
    assert "status 500" in delivered.failure("q 5").reason
    assert not provider.dropped
    assert all("top_k" in call.body for call in wire.calls)


def test_one_bad_prompt_does_not_end_the_doubt(run: Run, delivered: Delivered) -> None:
    bad = Raw(400, "Bad Request")
    _, provider = run(lambda call: bad if "top_k" in call.body or "q 0" in call.prompt else None)
    assert delivered.failure("q 0").reason == "Bad Request (HTTP 400)"
    assert all(delivered.reply(f"q {i}").text for i in range(1, 6))
    assert list(provider.dropped) == ["top_k"]


def test_a_value_of_the_users_own_is_neither_neutral_nor_dropped(
    run: Run, delivered: Delivered
) -> None:
    wire, provider = run(
        refusing(Raw(400, "Bad Request"), "min_p"), extra_body={"repetition_penalty": 1.3}
    )
    assert len(delivered.replies) == 6
    assert list(provider.dropped) == ["min_p"]
    assert {call.body["repetition_penalty"] for call in wire.calls} == {1.3}
