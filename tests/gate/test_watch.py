"""A gate repeated night after night: no trial twice, an error rate over all nights, a chart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import snellen
from snellen.stats.sequential.levels import log_e_since, log_e_worse

from .gate_servers import Server, read

Serve = Callable[[Any], str]
Night = Callable[..., snellen.GateResult]


@pytest.fixture
def night(serve: Serve) -> Night:
    """A night of a watch over a server whose model can be exchanged."""
    plan = snellen.Plan(model="openai/m", base_url=serve(Server()), tasks="lookup,copy_sequence",
                        lengths="8,16,64", trials=20)  # fmt: skip
    kept = snellen.run(plan, run_id="kept")
    server = Server()
    url = serve(server)

    def one(name: str, answer: Callable[[str], str] = read) -> snellen.GateResult:
        server.answer = answer
        return snellen.gate(
            kept, "openai/m", against_base_url=url, history=Path("nights.sqlite"),
            run_id=name, concurrency=8,
        )  # fmt: skip

    return one


def test_quiet_nights_pass_and_a_change_is_seen(night: Night) -> None:
    first = night("one")
    assert first.exit_code == 0, first.line
    assert "no change is shown in 1 night," in first.line
    second = night("two")
    assert second.exit_code == 0
    assert len(second.about["nights"]) == 2
    asked = [snellen.load_run(one.path / "openai__m" / "b").trials for one in (first, second)]
    rows = [set(zip(t["task"], t["length"], t["index"], strict=True)) for t in asked]
    assert not rows[0] & rows[1]

    def blind(prompt: str) -> str:
        return read(prompt) if len(prompt) < 250 else "7"

    night("three", blind)
    fourth = night("four", blind)
    assert fourth.exit_code == 1, fourth.line
    assert fourth.onset is not None
    page = (fourth.path / "gate.md").read_text()
    assert "nights.svg" in page
    assert (fourth.path / "nights.svg").is_file()
    assert night("five").exit_code == 1  # the alarm stands, also on a quiet night
    with pytest.raises(snellen.InputError, match="make another, larger baseline"):
        night("six")


def test_another_model_behind_the_name_is_told_by_its_words(night: Night) -> None:
    # As often right as before, and in other words: no drop, another model.
    words = lambda prompt: f"The answer is: {read(prompt)}"  # noqa: E731
    found = [night(name, words) for name in ("one", "two", "three", "four", "five")]
    assert any(one.exit_code == 1 for one in found), [one.line for one in found]
    assert "as another model" in found[-1].line


def test_a_night_that_is_asked_again_counts_once(night: Night) -> None:
    first = night("one")
    again = night("one")
    assert again.levels == first.levels
    assert len(again.about["nights"]) == 1


def test_a_late_change_is_not_drowned_and_quiet_nights_err_rarely() -> None:
    rng = np.random.default_rng(5)
    nights = rng.binomial(8, 0.1, size=(40, 2, 1, 3))
    nights[30:, 1, :, 2] += 4  # losses at the longest length, from the 31st night on

    def peak(counts: np.ndarray) -> float:
        return max(
            log_e_since([log_e_worse(*counts[s : n + 1].sum(axis=0)) for s in range(n + 1)])
            for n in range(len(counts))
        )

    assert peak(nights[:30]) < np.log(20)
    assert peak(nights) > np.log(20)
    assert log_e_since([0.0, 0.0, 0.0]) == pytest.approx(0.0, abs=1e-12)
    false = sum(peak(rng.binomial(4, 0.2, size=(15, 2, 1, 2))) >= np.log(10) for _ in range(60))
    assert false / 60 <= 0.15
