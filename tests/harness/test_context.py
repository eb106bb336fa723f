"""What lm-eval puts before a question reaches the model, word for word.

The judge is lm-eval's own client: asked the same, it sends the same turns or the same text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from snellen.exams.session import open_session
from snellen.exams.settings import Settings
from snellen.store.plan import Plan
from snellen.tasks.trial import rebuild_trial
from wireserver import Serving, Wire

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

Serve = Callable[[Wire], Serving]
TURNS = list[tuple[str, str]]

EXTRAS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "description": {"description": "Digits only.\n\n"},
    "prefix": {"gen_prefix": "The count is"},
    "examples": {"num_fewshot": 2, "fewshot_split": "test"},
    "all": {
        "description": "Digits only.\n\n",
        "gen_prefix": "The count is",
        "num_fewshot": 2,
        "fewshot_split": "test",
    },
}
SYSTEM = "You are a careful counter."
OURS = "snellen_count_ones"


def turns(wire: Wire) -> list[TURNS]:
    return sorted(
        [(turn["role"], turn["content"]) for turn in call.body["messages"]] for call in wire.calls
    )


def gemini_turns(wire: Wire) -> list[TURNS]:
    """Gemini's form of the same turns."""
    found = []
    for call in wire.calls:
        system = call.body.get("systemInstruction")
        said = [("system", part["text"]) for part in system["parts"]] if system else []
        for turn in call.body["contents"]:
            role = {"model": "assistant"}.get(turn["role"], turn["role"])
            said += [(role, part["text"]) for part in turn["parts"]]
        found.append(said)
    return sorted(found)


@pytest.fixture(params=["ours", "foreign"])
def with_extras(request: pytest.FixtureRequest, sums: Any) -> Callable[[dict[str, Any]], Any]:
    """One of our tasks, or another, with what a user's file may add to it."""

    def build(extras: dict[str, Any]) -> Any:
        if request.param == "foreign":
            return sums(**extras)
        return {"group": "changed", "task": [{"task": OURS, **extras}]}

    return build


@pytest.mark.parametrize(
    ("extras", "system", "multiturn"),
    [
        ("nothing", None, True),
        ("nothing", SYSTEM, True),
        ("description", None, True),
        ("prefix", None, False),
        ("examples", None, True),
        ("all", SYSTEM, True),
        ("all", SYSTEM, False),
    ],
)
def test_with_a_chat_template(
    serve: Serve, evaluate: Any, with_extras: Any, extras: str, system: str | None, multiturn: bool
) -> None:
    task = with_extras(EXTRAS[extras])
    options: dict[str, Any] = {
        "apply_chat_template": True,
        "system_instruction": system,
        "fewshot_as_multiturn": multiturn,
    }
    wires = {}
    for name, path in {
        "snellen-openai": "/v1",
        "snellen-gemini": "",
        "local-chat-completions": "/v1/chat/completions",
    }.items():
        wires[name] = Wire()
        args = {"model": "wire-1", "base_url": serve(wires[name]).root + path}
        evaluate(task, name, args, **options)
    wanted = turns(wires["local-chat-completions"])
    assert turns(wires["snellen-openai"]) == wanted
    assert gemini_turns(wires["snellen-gemini"]) == wanted
    # And it is what it should be.
    assert all((turn[0] == ("system", _system(system, extras))) for turn in wanted) == bool(
        system or "description" in EXTRAS[extras]
    )
    assert all((turn[-1][0] == "assistant") == ("gen_prefix" in EXTRAS[extras]) for turn in wanted)


def _system(system: str | None, extras: str) -> str:
    description = str(EXTRAS[extras].get("description", ""))
    return (system + "\n\n" if system and description else system or "") + description


@pytest.mark.parametrize("extras", ["nothing", "all"])
def test_without_a_chat_template(
    serve: Serve, evaluate: Any, with_extras: Any, extras: str
) -> None:
    task = with_extras(EXTRAS[extras])
    stock, raw, chat = Wire(), Wire(), Wire()
    evaluate(
        task,
        "local-completions",
        {
            "model": "wire-1",
            "base_url": serve(stock).root + "/v1/completions",
            "tokenizer_backend": None,
            "tokenized_requests": False,
        },
        system_instruction=SYSTEM,
    )
    wanted = sorted(_only(call.body["prompt"]) for call in stock.calls)
    ours = {"model": "wire-1", "base_url": serve(raw).root + "/v1", "chat": False}
    evaluate(task, "snellen-openai", ours, system_instruction=SYSTEM)
    assert sorted(call.body["prompt"] for call in raw.calls) == wanted
    evaluate(
        task,
        "snellen-openai",
        {"model": "wire-1", "base_url": serve(chat).root + "/v1"},
        system_instruction=SYSTEM,
    )
    assert turns(chat) == [[("user", text)] for text in wanted]
    assert all(text.startswith(SYSTEM) for text in wanted)


def _only(prompt: str | list[str]) -> str:
    if isinstance(prompt, str):
        return prompt
    (text,) = prompt
    return text


def test_our_trials_are_asked_as_they_are(serve: Serve, evaluate: Any, tmp_path: Any) -> None:
    """With nothing added, the request is that of `snellen run`, its key and limit too."""
    wire = Wire()
    base = serve(wire).root + "/v1"
    journal = tmp_path / "j.sqlite"
    args = {"model": "wire-1", "base_url": base, "journal": str(journal)}
    evaluate(OURS, "snellen-openai", args, apply_chat_template=True)
    asked = {call.prompt: call.body for call in wire.calls}
    wire.calls.clear()
    plan = Plan(
        model="openai/wire-1", base_url=base, tasks=("count_ones",), lengths=(1, 4), trials=2
    )
    with open_session(plan, Settings(out=tmp_path)) as session:
        session.ask(list(session.planned.values()))
    assert {call.prompt: call.body for call in wire.calls} == asked
    assert _keys(journal) == _keys(session.where.journal_path)


def _keys(journal: Any) -> set[str]:
    db = sqlite3.connect(journal)
    try:
        return {key for (key,) in db.execute("SELECT key FROM answers")}
    finally:
        db.close()


def test_a_limit_that_the_user_asked_for_is_sent(serve: Serve, evaluate: Any) -> None:
    wire = Wire()
    args = {"model": "wire-1", "base_url": serve(wire).root + "/v1"}
    results = evaluate(OURS, "snellen-openai", args, gen_kwargs={"max_gen_toks": 7})
    assert {call.body["max_tokens"] for call in wire.calls} == {7}
    assert {_limit(sample) for sample in results["samples"][OURS]} == {7}


def test_the_samples_say_which_limit_was_sent(serve: Serve, evaluate: Any) -> None:
    wire = Wire()
    args = {"model": "wire-1", "base_url": serve(wire).root + "/v1"}
    results = evaluate(OURS, "snellen-openai", args)
    sent = {call.prompt: call.body["max_tokens"] for call in wire.calls}
    assert len(set(sent.values())) == 2
    for sample in results["samples"][OURS]:
        assert sent[rebuild_trial(sample["doc"]).prompt] == _limit(sample)


def _limit(sample: Any) -> int:
    ((_, settings),) = sample["arguments"]
    json.dumps(settings)
    return int(settings["max_gen_toks"])
