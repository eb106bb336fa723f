"""The way to a server: proxies, certificates, keys, URLs, and what goes with every request."""

from __future__ import annotations

from asyncio.streams import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from delivering import Ask, Delivered, Serve, asked
from forwardproxy import ForwardProxy, Handler, Loopback, certificate, tunnel
from shapes import answer_to
from snellen.errors import InputError, ModelRefused
from snellen.runners.azure.provider import Azure
from snellen.runners.dispatch.provider import Provider
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import AnswerForm, Message, Request, Sampling
from snellen.runners.vllm.provider import Vllm
from snellen.support import http
from snellen.support.http import client
from wireserver import Raw, Wire

FORM = AnswerForm(r"\d+", {"type": "object", "properties": {"answer": {"type": "integer"}}})


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as running:
        yield running


@pytest.fixture
def run(ask: Ask, delivered: Delivered) -> Callable[..., None]:
    """Asks a provider a few prompts."""

    def go(provider: Provider, prompts: int = 6, requests: list[Request] | None = None) -> None:
        asked(provider, requests or [ask(f"q {i}") for i in range(prompts)], delivered)

    return go


def provider_of(kind: type[OpenAI | Gemini], root: str, **options: Any) -> OpenAI | Gemini:
    return kind("wire-1", base_url=root + ("/v1" if kind is OpenAI else ""), **options)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_every_request_goes_through_the_proxy(
    serve: Serve,
    run: Callable[..., None],
    delivered: Delivered,
    proxy: ForwardProxy,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    kind: type[OpenAI | Gemini],
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
    wire = Wire()
    root = serve(wire).root
    run(provider_of(kind, root))
    assert len(delivered) == len(wire.calls) == len(proxy.asked) == 6
    assert all(line.startswith(f"POST {root}/v1") for line in proxy.asked)


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("value", ["127.0.0.1", "*", "example.com,127.0.0.1"])
def test_no_request_goes_through_a_proxy_that_is_not_for_it(
    serve: Serve,
    run: Callable[..., None],
    delivered: Delivered,
    proxy: ForwardProxy,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[OpenAI | Gemini],
    value: str,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", value)
    run(provider_of(kind, serve(Wire()).root))
    assert len(delivered) == 6
    assert not proxy.asked


def test_questions_beside_the_answers_go_the_same_way(
    serve: Serve, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    with client(serve(Wire()).root, {}) as connection:
        assert connection.get("/v1/models").status_code == 200
    assert len(proxy.asked) == 1


def test_a_tunnel_through_the_proxy_to_a_server_with_a_certificate(
    serve: Serve,
    run: Callable[..., None],
    delivered: Delivered,
    proxy: ForwardProxy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with Loopback(tunnel(serve(Wire()).port), context) as secure:
        for kind in (OpenAI, Gemini):
            run(provider_of(kind, f"https://127.0.0.1:{secure.port}"), requests=None)
            assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(6)}
            delivered.clear()
    assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"}


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_a_certificate_that_does_not_fit(
    serve: Serve, run: Callable[..., None], tmp_path: Path, kind: type[OpenAI | Gemini]
) -> None:
    _, context = certificate(tmp_path)
    with (
        Loopback(tunnel(serve(Wire()).port), context) as secure,
        pytest.raises(ModelRefused, match=r"certificate of https.*SSL_CERT_FILE") as caught,
    ):
        run(provider_of(kind, f"https://127.0.0.1:{secure.port}"))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's transport by aiohttp
@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_a_proxy_that_is_down(
    serve: Serve,
    run: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    unused_port: int,
    kind: type[OpenAI | Gemini],
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://user:secret-word@127.0.0.1:{unused_port}")
    with pytest.raises(ModelRefused, match="the proxy on the way to http") as caught:
        run(provider_of(kind, serve(Wire()).root))
    assert "secret-word" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def greet_as_ssh(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await reader.read(1)


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_of_another_protocol(
    run: Callable[..., None], kind: type[OpenAI | Gemini], scheme: str
) -> None:
    words = "does not speak HTTP|does not speak https"
    with Loopback(greet_as_ssh) as server, pytest.raises(ModelRefused, match=words) as caught:
        run(provider_of(kind, f"{scheme}://127.0.0.1:{server.port}"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_a_server_of_https_that_is_asked_by_http(
    serve: Serve, run: Callable[..., None], tmp_path: Path, kind: type[OpenAI | Gemini]
) -> None:
    _, context = certificate(tmp_path)
    with (
        Loopback(tunnel(serve(Wire()).port), context) as secure,
        pytest.raises(ModelRefused, match="speaks https, and was asked by http"),
    ):
        run(provider_of(kind, f"http://127.0.0.1:{secure.port}"))


async def answer_with_a_long_header(reader: StreamReader, writer: StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nX-Policy: " + b"a" * 20_000 + b"\r\n\r\n{}")
    await reader.read()


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_a_header_that_is_too_long(run: Callable[..., None], kind: type[OpenAI | Gemini]) -> None:
    words = "answers with a header of more than 8 KB"
    with Loopback(answer_with_a_long_header) as server, pytest.raises(ModelRefused, match=words):
        run(provider_of(kind, f"http://127.0.0.1:{server.port}"))


async def say_nothing(reader: StreamReader, writer: StreamWriter) -> None:
    await reader.read()  # until the client gives up


async def open_a_tunnel_to_nowhere(reader: StreamReader, writer: StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await say_nothing(reader, writer)


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize(
    ("handler", "by_proxy"),
    [(say_nothing, False), (say_nothing, True), (open_a_tunnel_to_nowhere, True)],
)
def test_who_accepts_a_connection_and_stays_silent_holds_nobody_long(
    run: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[OpenAI | Gemini],
    handler: Handler,
    by_proxy: bool,
) -> None:
    """A request without its limit would be held for the five seconds of an attempt."""
    monkeypatch.setattr(http, "CONNECT_S", 0.2)
    with Loopback(handler) as silent:
        root = f"https://127.0.0.1:{silent.port}"
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", root.replace("https", "http"))
            root = "https://127.0.0.1:9"
        with pytest.raises(ModelRefused, match=r"no connection within .* TLS and proxy included"):
            run(provider_of(kind, root))


def test_a_proxy_that_wants_a_password(serve: Serve, run: Callable[..., None]) -> None:
    wire = Wire(lambda call: Raw(407, "Proxy Authentication Required"))
    with pytest.raises(ModelRefused, match="wants a password"):
        run(provider_of(OpenAI, serve(wire).root))


def test_a_proxy_of_a_kind_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:70")
    with pytest.raises(InputError, match="proxy or certificates of the environment"):
        OpenAI("m", base_url="http://127.0.0.1:1/v1")


def test_azures_new_address_is_any_compatible_server() -> None:
    OpenAI("m", base_url="https://n.openai.azure.com/openai/v1")


def test_the_sdks_own_environment_goes_with_every_request(
    serve: Serve, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: one")
    wire = Wire()
    run(provider_of(OpenAI, serve(wire).root))
    for call in wire.calls:
        assert call.headers["OpenAI-Organization"] == "org-1"
        assert call.headers["OpenAI-Project"] == "proj-1"
        assert call.headers["X-Gateway"] == "one"
        assert call.headers["User-Agent"].startswith("AsyncOpenAI/Python")
        assert call.headers["Authorization"] == "Bearer good-key-123456"


def test_gemini_takes_the_key_that_the_sdk_takes_first(
    serve: Serve, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "the-first-key")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", serve(wire := Wire()).root)
    run(Gemini("wire-1"))
    assert {call.headers["x-goog-api-key"] for call in wire.calls} == {"the-first-key"}
    assert {call.path for call in wire.calls} == {"/v1beta/models/wire-1:generateContent"}


def test_gemini_on_vertex(
    serve: Serve, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch, delivered: Delivered
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "an-express-key")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", serve(wire := Wire()).root)
    provider = Gemini("wire-1")
    run(provider)
    assert len(delivered) == 6
    path = "/v1beta1/publishers/google/models/wire-1:generateContent"
    assert {call.path for call in wire.calls} == {path}
    assert provider.numerics == {"vertex": "global"}


def test_a_project_of_vertex_at_a_server_of_ones_own(
    serve: Serve, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch, delivered: Delivered
) -> None:
    """The SDK forgets the project once it is told of a server; whoever has none needs no key."""
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", serve(wire := Wire()).root)
    with pytest.raises(InputError, match="set GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION"):
        run(Gemini("wire-1"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p-1")
    provider = Gemini("wire-1")
    run(provider)
    assert len(delivered) == 6
    path = "/v1beta1/projects/p-1/locations/europe-west4/publishers/google/models/wire-1"
    assert {call.path for call in wire.calls} == {f"{path}:generateContent"}
    assert provider.numerics == {"vertex": "europe-west4"}


def test_a_gemini_url_may_have_its_version(
    serve: Serve, run: Callable[..., None], delivered: Delivered
) -> None:
    run(Gemini("wire-1", base_url=serve(Wire()).root + "/v1beta"))
    assert len(delivered) == 6


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_what_goes_with_every_request_is_part_of_the_identity(
    serve: Serve, run: Callable[..., None], kind: type[OpenAI | Gemini]
) -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": False}}
    headers = {"X-Tier": "two"}
    wire = Wire()
    provider = provider_of(kind, serve(wire).root, extra_body=extra, extra_headers=headers)
    run(provider)
    assert all(call.headers["X-Tier"] == "two" for call in wire.calls)
    for call in wire.calls:
        sent = call.body.get("chat_template_kwargs") or call.body["chatTemplateKwargs"]
        assert set(sent.values()) == {False}
    assert provider.numerics == {"extra_body": extra, "extra_headers": headers}


def test_a_field_of_the_users_that_the_server_refuses_is_the_users_to_change(
    serve: Serve, run: Callable[..., None]
) -> None:
    words = "Unrecognized request argument supplied: chat_template_kwargs"
    wire = Wire(lambda call: Raw(400, {"error": {"message": words}}))
    extra = {"chat_template_kwargs": {"x": 1}}
    with pytest.raises(InputError, match="does not take 'chat_template_kwargs' of --extra-body"):
        run(provider_of(OpenAI, serve(wire).root, extra_body=extra))


def forced() -> list[Request]:
    return [Request("q", (Message("user", "q"),), Sampling(16), form=FORM)]


def test_a_forced_answer(serve: Serve, run: Callable[..., None], delivered: Delivered) -> None:
    wire = Wire(lambda call: None)
    run(provider_of(OpenAI, serve(wire).root), requests=forced())
    assert wire.calls[0].body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": FORM.schema},
    }
    delivered.clear()
    wire = Wire()
    run(provider_of(Gemini, serve(wire).root), requests=forced())
    config = wire.calls[0].body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == FORM.schema


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_a_model_that_cannot_be_forced(
    serve: Serve, run: Callable[..., None], kind: type[OpenAI | Gemini]
) -> None:
    words = "Invalid parameter: 'response_format' of type 'json_schema' is not supported"
    words = words if kind is OpenAI else 'Unknown name "responseJsonSchema": Cannot find field.'
    wire = Wire(lambda call: Raw(400, {"error": {"message": words}}))
    with pytest.raises(InputError, match=r"does not take forced answers.*use --answer free"):
        run(provider_of(kind, serve(wire).root), requests=forced())


def test_azure_with_an_entra_token_and_an_address_from_the_portal(
    serve: Serve, run: Callable[..., None], delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "not-this-one")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "an-entra-token")
    wire = Wire()
    root = serve(wire).root
    url = f"{root}/openai/deployments/wire-1/chat/completions?api-version=2025-01-01"
    provider = Azure("wire-1", base_url=url)
    run(provider)
    assert len(delivered) == 6
    assert {call.headers["Authorization"] for call in wire.calls} == {"Bearer an-entra-token"}
    assert all(call.path.endswith("?api-version=2025-01-01") for call in wire.calls)
    assert (provider.base_url, dict(provider.numerics)) == (root, {"api_version": "2025-01-01"})


def test_an_address_of_another_deployment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    url = "https://n.openai.azure.com/openai/deployments/other/chat/completions?api-version=1"
    with pytest.raises(InputError, match=r"another deployment: name the model azure/other"):
        Azure("mine", base_url=url)


def test_questions_beside_the_answers_name_the_same_faults(
    monkeypatch: pytest.MonkeyPatch, unused_port: int, tmp_path: Path, serve: Serve
) -> None:
    _, context = certificate(tmp_path)
    with (
        Loopback(tunnel(serve(Wire()).port), context) as secure,
        pytest.raises(InputError, match=r"certificate of https.*SSL_CERT_FILE"),
    ):
        Vllm("m", base_url=f"https://127.0.0.1:{secure.port}/v1", model="vllm/m")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:secret-word@127.0.0.1:{unused_port}")
    with pytest.raises(InputError, match="the proxy to ask") as caught:
        Vllm("m", base_url="http://127.0.0.1:9/v1", model="vllm/m")
    assert "secret-word" not in str(caught.value)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(InputError, match=r"SSL_CERT_FILE names no file: .*none.pem"):
        OpenAI("m", base_url="https://127.0.0.1:9/v1")


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_or_named(
    serve: Serve,
    run: Callable[..., None],
    delivered: Delivered,
    kind: type[OpenAI | Gemini],
    status: int,
) -> None:
    behind = serve(Wire()).root
    front = Wire(lambda call: Raw(status, "", {"Location": behind + call.path}))
    root = serve(front).root
    if status >= 307:
        run(provider_of(kind, root))
        assert len(delivered.replies) == 6
        return
    with pytest.raises(ModelRefused, match=rf"redirects to {behind}.* name that server"):
        run(provider_of(kind, root))
