"""A slow step is told of; a quick one is not."""

from __future__ import annotations

import logging
import threading

import pytest
from snellen.support import phases


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="snellen.phases")
    return caplog


def test_a_quick_step_is_not_mentioned(told: pytest.LogCaptureFixture) -> None:
    with phases.phase("loading the model"):
        pass
    assert told.messages == []


def test_a_slow_step_is_named_repeated_and_its_time_said(
    told: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "SAID_AFTER_S", 0.0)
    monkeypatch.setattr(phases, "AGAIN_AFTER_S", 0.01)
    again = threading.Event()

    def heard(record: logging.LogRecord) -> bool:
        if "so far" in record.msg:
            again.set()
        return True

    told.handler.addFilter(heard)
    with phases.phase("loading the model", "once"):
        assert again.wait(30)
    assert told.messages[0] == "loading the model (once) …"
    assert told.messages[1] == "loading the model: 0 s so far; Ctrl-C stops it"
    assert told.messages[-1] == "loading the model: 0 s"


def test_a_step_that_fails_ends_its_lines(
    told: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "SAID_AFTER_S", 60.0)
    with pytest.raises(KeyboardInterrupt), phases.phase("loading the model"):
        raise KeyboardInterrupt
    assert not [thread for thread in threading.enumerate() if thread.name == "phase"]
