"""What cannot be right is one line that says how to fix it, before anything is sent."""

from __future__ import annotations

import pytest
from snellen.errors import InputError
from snellen.runners.azure.provider import Azure
from snellen.runners.gemini.provider import Gemini
from snellen.runners.kinds import Options
from snellen.runners.openai.provider import OpenAI
from snellen.runners.registry import find_kind


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("“sk-1234567890”", "OPENAI_API_KEY holds '“', which no key has"),
        ("sk-1234\u00a0567890", "which no key has"),
        ("sk-1234 567890", "OPENAI_API_KEY holds ' '"),
        ("sk-1234\n567890", r"OPENAI_API_KEY holds '\\n'"),
        ('"sk-1234567890"', "begins with a quotation mark"),
        ("AIzaSy1234567890", "holds a key of Google"),
        ("sk-ant-1234567890", "holds a key of Anthropic"),
    ],
)
def test_a_key_that_cannot_be_right_is_named_before_it_is_sent(
    monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(InputError, match=words) as caught:
        OpenAI("m")
    assert "1234" not in str(caught.value)


def test_a_key_of_another_provider_for_gemini(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "sk-1234567890")
    with pytest.raises(InputError, match="holds a key of OpenAI"):
        Gemini("m")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://h/v1?tier=2", "a base URL has no query: leave out what follows 'http://h/v1'"),
        ("https://n.openai.azure.com/?api-version=1", "is Azure's: name the model azure/"),
        ("http://h/v1/chat/completions", "is an endpoint, not a base URL"),
        ("http://user:pw123@h/v1", "holds a user name or password"),
        ("http://h:port/v1", "not a server's URL"),
        ("http://[::1/v1", "not a server's URL"),
        ("http://h /v1", "not a server's URL"),
    ],
)
def test_a_url_that_is_no_base_url(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        OpenAI("m", base_url=url)
    assert "pw123" not in str(caught.value)


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize(
    "secret",
    [
        {"extra_headers": {"Authorization": "Bearer x"}},
        {"extra_headers": {"api-key": "x"}},
        {"extra_headers": {"X-Whatever": "good-key-123456"}},
        {"extra_headers": {"X-Whatever": "Bearer abc"}},
        {"extra_body": {"a": {"api_key": "x"}}},
        {"extra_body": {"a": "sk-1234567890abcdef"}},
    ],
    ids=str,
)
def test_secrets_among_what_goes_with_every_request_are_refused(
    kind: type[OpenAI | Gemini],
    secret: dict[str, dict[str, dict[str, str]]] | dict[str, dict[str, str]],
) -> None:
    with pytest.raises(InputError, match="looks like a key") as caught:
        kind("m", base_url="http://127.0.0.1:1", **secret)
    assert "good-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("AZURE_OPENAI_ENDPOINT", "no endpoint for azure/d: set AZURE_OPENAI_ENDPOINT"),
        ("AZURE_OPENAI_API_KEY", "set AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"),
        ("OPENAI_API_VERSION", "no API version for azure/d: set OPENAI_API_VERSION"),
    ],
)
def test_azure_needs_its_environment(
    monkeypatch: pytest.MonkeyPatch, missing: str, words: str
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://n.openai.azure.com")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k" * 20)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.delenv(missing)
    with pytest.raises(InputError, match=words):
        Azure("d")


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("X-Tier", "“two”", "X-Tier: its value holds '“'"),
        ("X-Tier", "two\nX-Other: 3", r"its value holds '\\n'"),
        ("X Tier", "two", "'X Tier' is no name of a header"),
        ("", "two", "'' is no name of a header"),
    ],
)
def test_a_header_that_cannot_be_sent(
    kind: type[OpenAI | Gemini], name: str, value: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        kind("m", extra_headers={name: value})


def test_a_url_that_is_none_is_named_by_the_command_line_too() -> None:
    kind = find_kind("openai/m")
    assert not kind.is_far("http://[::1/v1")
    with pytest.raises(InputError, match="not a server's URL"):
        kind.open("openai/m", "m", Options(base_url="http://[::1/v1"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_ORG_ID", "“org-1”"),
        ("OPENAI_PROJECT_ID", "proj\n1"),
        ("OPENAI_CUSTOM_HEADERS", "X-Tier: two\nX-Key: “abc”"),
    ],
)
def test_variables_that_the_sdk_sends_as_headers(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=f"{variable} .*, which no header may"):
        OpenAI("m")
