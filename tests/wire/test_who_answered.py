"""What is kept of who answered, and of what was sent: in the manifest, and shown by compare."""

from __future__ import annotations

from pathlib import Path

from delivering import Serve
from shapes import OpenAIShape
from snellen.exams.compare import differences
from snellen.exams.run import run
from snellen.store.plan import Plan
from wireserver import Call, Raw, Wire


def answering(*fingerprints: str, refusing: str = "") -> Wire:
    """A server whose answers are of one model after the other; the last one stays."""
    said = list(fingerprints)

    def plan(call: Call) -> Raw:
        if refusing in call.body:
            return Raw(400, {"error": {"message": f"Unrecognized request argument: {refusing}"}})
        body = OpenAIShape("chat/completions").answer(call.prompt, "3")
        mark = said.pop(0) if len(said) > 1 else said[0]
        return Raw(200, body | {"model": "m", "system_fingerprint": mark})

    return Wire(plan)


def test_a_server_that_changes_within_a_run(serve: Serve, tmp_path: Path) -> None:
    runs = []
    for wire in (answering("a", "a", "b", refusing="top_k"), answering("c")):
        plan = Plan(
            model="openai/wire-1",
            base_url=serve(wire).root + "/v1",
            tasks=("count_ones",),
            lengths=(2, 3),
            trials=2,
        )
        runs.append(run(plan, out=tmp_path))
    changed, other = (one.manifest for one in runs)
    assert changed.fingerprints == {"m a": 2, "m b": 2}
    assert other.fingerprints == {"m c": 4}
    (notice,) = changed.notices
    assert "'m a' before, 'm b' now" in notice
    assert list(changed.dropped) == ["top_k"]
    assert "top_k" not in changed.generation
    assert other.generation["top_k"] == 0
    lines = differences(*(one.path for one in runs))
    assert f"A: {notice}" in lines
    assert "answered by: A m a and m b, B m c" in lines
    assert "sent top_k: A None, B 0" in lines
    assert "not taken by the server: A top_k, B None" in lines
