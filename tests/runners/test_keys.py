from __future__ import annotations

import logging
from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.support.secrets import find_key, load_env_file, redact, redact_logs, require_key

CANARY = "sk-canary-0123456789"


def test_the_first_variable_that_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A_API_KEY", raising=False)
    monkeypatch.setenv("B_API_KEY", " two ")
    assert find_key("A_API_KEY", "B_API_KEY") == "two"
    monkeypatch.setenv("A_API_KEY", "  ")
    assert require_key("m", "A_API_KEY", "B_API_KEY") == "two"


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A_API_KEY", raising=False)
    with pytest.raises(InputError, match="no API key for x/y: set A_API_KEY or B_API_KEY"):
        require_key("x/y", "A_API_KEY", "B_API_KEY")


def test_an_env_file_adds_and_never_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_API_KEY", "mine")
    monkeypatch.setenv("C_API_KEY", "")  # so that monkeypatch restores it
    monkeypatch.delenv("C_API_KEY")
    path = tmp_path / "keys.env"
    path.write_text("A_API_KEY=theirs\nC_API_KEY=third\n")
    load_env_file(path)
    assert (find_key("A_API_KEY"), find_key("C_API_KEY")) == ("mine", "third")
    with pytest.raises(InputError, match=r"no such \.env file"):
        load_env_file(tmp_path / "none.env")


def test_secrets_are_redacted_and_short_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("MY_TOKEN", "abc")
    assert redact(f"wrong key {CANARY}! abc") == "wrong key [OPENAI_API_KEY]! abc"


def test_log_records_are_redacted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", CANARY)
    factory = logging.getLogRecordFactory()
    try:
        redact_logs()
        logging.getLogger("anybody").warning("header %s", {"x-goog-api-key": CANARY})
    finally:
        logging.setLogRecordFactory(factory)
    assert CANARY not in caplog.text
    assert "[GEMINI_API_KEY]" in caplog.text
