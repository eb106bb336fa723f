"""What a server says of itself, from a real one on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from snellen.errors import InputError, ModelRefused, SnellenError
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.identity import NEUTRAL, identify, server_client
from snellen.runners.kinds import Options
from snellen.runners.protocol import AnswerForm, Message, Reply, Request, Sampling
from snellen.runners.registry import open_runner

VLLM = {"id": "m", "owned_by": "vllm", "root": "org/m", "max_model_len": 2048, "created": 7}
METRICS = 'vllm:cache_config_info{cache_dtype="fp8",enable_prefix_caching="True"} 1.0\n'


class Server:
    """Pages by path; what is posted is kept."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.asked: list[tuple[str, Any]] = []
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda body: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                page = server.pages.get(self.path)
                self._send(404 if page is None else 200, "no such page" if page is None else page)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append((self.path, body))
                if (said := server.refuse(body)) is not None:
                    error = {"message": said, "type": "invalid_request_error"}
                    self._send(400, {"error": error})
                    return
                page = server.pages.get(self.path, server.answer(self.path))
                self._send(200, page(body) if callable(page) else page)

            def _send(self, status: int, page: Any) -> None:
                data = page.encode() if isinstance(page, str) else json.dumps(page).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self.fingerprint = "vllm-0.32-float32"

    def answer(self, path: str) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": "stop"}
        choice |= {"text": "3"} if path.endswith("/completions") and "chat" not in path else {}
        choice |= {"message": {"role": "assistant", "content": "3"}}
        return {"model": "m", "choices": [choice], "system_fingerprint": self.fingerprint}

    def bodies(self, path: str = "/v1/chat/completions") -> list[Any]:
        return [body for asked, body in self.asked if asked == path]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    for name in ("OPENAI_API_KEY", "VLLM_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    servers: list[Server] = []

    def start(*cards: dict[str, Any], **pages: Any) -> Server:
        listed = {"/v1/models": {"object": "list", "data": list(cards)}}
        listed |= {f"/{name.replace('__', '/')}": page for name, page in pages.items()}
        servers.append(Server(listed))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(server: Server, model: str, form: AnswerForm | None = None) -> tuple[Any, Any]:
    """The reply to one request, and the closed runner that got it."""
    with closing(open_runner(model, Options(base_url=server.url))) as runner:
        found: list[Any] = []
        request = Request("k", (Message("user", "1 1 1"),), Sampling(16), form=form)
        runner.answer([request], lambda results: found.extend(r for _, r in results))
        return found[0], runner


def test_a_server_that_says_nothing_leaves_the_identity_as_it_was(
    serve: Callable[..., Server],
) -> None:
    for server in (serve(), serve({"id": "m", "object": "model"}), Server({})):
        reply, runner = ask(server, "openai/m")
        assert isinstance(reply, Reply)
        assert dict(runner.numerics) == {}
        assert runner.context_length is None
        assert runner.generation == NEUTRAL


@pytest.mark.parametrize(
    ("card", "size"),
    [
        ({"max_model_len": 2048}, 2048),
        ({"max_input_tokens": 4096}, 4096),
        ({"context_length": "many", "context_window": 512}, 512),
        ({"max_model_len": True}, None),
        ({"max_model_len": 0}, None),
    ],
)
def test_the_context_is_taken_from_the_list_of_models(
    serve: Callable[..., Server], card: dict[str, Any], size: int | None
) -> None:
    server = serve({"id": "other", "max_model_len": 7}, {"id": "m"} | card)
    with closing(open_runner("openai/m", Options(base_url=server.url))) as runner:
        assert runner.context_length == size


@pytest.mark.parametrize("body", [[], {"data": 3}, {"data": [3, {"id": 4}]}, "not json", None])
def test_odd_lists_are_no_lists(serve: Callable[..., Server], body: Any) -> None:
    server = serve()
    server.pages["/v1/models"] = body
    with server_client(server.url) as connection:
        assert identify(connection, "m").models == ()


def test_llama_cpp_is_known_by_its_properties(serve: Callable[..., Server]) -> None:
    props = {
        "build_info": "b7000-abc", "model_ftype": "Q4_1", "model_path": "models/m.Q4_1.gguf",
        "default_generation_settings": {"n_ctx": 2048, "params": {"repeat_penalty": 1.1}},
    }  # fmt: skip
    card = {"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 8192}}
    known = {"engine": "llama.cpp", "owned_by": "llamacpp"}
    for page, wanted, size in (
        (
            props,
            known | {"version": "b7000-abc", "quantization": "Q4_1", "root": "m.Q4_1.gguf"},
            2048,
        ),
        ({"build_info": 3, "default_generation_settings": []}, known, None),
    ):
        server = serve(card, props=page)
        with closing(open_runner("openai/m", Options(base_url=server.url))) as runner:
            assert dict(runner.numerics) == wanted
            assert runner.context_length == size


def test_vllm_is_known_by_what_it_is_and_by_its_fingerprint(serve: Callable[..., Server]) -> None:
    server = serve(VLLM, version={"version": "0.32.0"}, metrics=METRICS)
    wanted = {
        "engine": "vllm",
        "version": "0.32.0",
        "root": "org/m",
        "owned_by": "vllm",
        "fingerprint": "vllm-0.32-float32",
        "enable_prefix_caching": "True",
        "kv_cache_dtype": "fp8",
    }
    for model in ("vllm/m", "openai/m"):
        with closing(open_runner(model, Options(base_url=server.url))) as runner:
            assert dict(runner.numerics) == wanted
            assert runner.context_length == 2048
    server.fingerprint = "vllm-0.32-bfloat16"  # restarted on the same port
    with closing(open_runner("vllm/m", Options(base_url=server.url))) as runner:
        assert runner.numerics["fingerprint"] == "vllm-0.32-bfloat16"


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ([{"id": "m", "owned_by": "llamacpp"}], "does not say that it is vLLM; .*openai/m"),
        ([VLLM | {"id": "other"}], "no model 'm' at .*; it serves other"),
        ([], "it lists no models"),
    ],
)
def test_vllm_at_another_server_is_an_error(
    serve: Callable[..., Server], cards: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        open_runner("vllm/m", Options(base_url=serve(*cards).url))


def test_nobody_there_is_one_line() -> None:
    with pytest.raises(InputError, match=r"cannot reach http://127\.0\.0\.1:9/v1: .*server up"):
        open_runner("vllm/m", Options(base_url="http://127.0.0.1:9/v1"))


def test_neutral_settings_are_sent(serve: Callable[..., Server]) -> None:
    server = serve({"id": "m"})
    ask(server, "openai/m")
    (body,) = server.bodies()
    assert {name: body[name] for name in NEUTRAL} == dict(NEUTRAL)


@pytest.mark.parametrize(
    "said", ["Unrecognized request argument supplied: `{}`", "extra inputs are not permitted: '{}'"]
)
def test_a_neutral_setting_that_is_refused_is_dropped_and_named(
    serve: Callable[..., Server], said: str
) -> None:
    server = serve({"id": "m"})
    taken = {"presence_penalty", "frequency_penalty"}

    def refuse(body: dict[str, Any]) -> str | None:
        odd = sorted((set(body) & set(NEUTRAL)) - taken)
        return said.format(odd[0]) if odd else None

    server.refuse = refuse
    reply, runner = ask(server, "openai/m")
    assert isinstance(reply, Reply)
    assert set(runner.dropped) == set(NEUTRAL) - taken


def test_neutral_settings_that_are_refused_without_a_name_are_left_out(
    serve: Callable[..., Server],
) -> None:
    server = serve({"id": "m"})
    server.refuse = lambda body: "bad request" if set(body) & set(NEUTRAL) else None
    reply, runner = ask(server, "openai/m")
    assert isinstance(reply, Reply)
    assert set(runner.dropped) == set(NEUTRAL)
    assert len(server.bodies()) == 2 + len(NEUTRAL)  # with all, with none, with each


def test_a_proxy_that_answers_nothing_to_them_is_asked_without(
    serve: Callable[..., Server],
) -> None:
    def completion(body: Any) -> Any:  # LiteLLM before `transformers serve`: null, and HTTP 200
        return None if set(body) & set(NEUTRAL) else server.answer("/v1/chat/completions")

    server = serve({"id": "m"}, v1__chat__completions=completion)
    reply, runner = ask(server, "openai/m")
    assert isinstance(reply, Reply)
    assert set(runner.dropped) == set(NEUTRAL)


def test_vllm_forces_answers_by_expression(serve: Callable[..., Server]) -> None:
    server = serve(VLLM)
    ask(server, "vllm/m", AnswerForm("[0-9]+", {"type": "object"}))
    (body,) = server.bodies()
    assert body["structured_outputs"] == {"regex": "[0-9]+"}
    assert "response_format" not in body


def scored(
    serve: Callable[..., Server], logprob: object, **rank: object
) -> list[tuple[float, bool]]:
    def tokens(body: Any) -> Any:
        return {"tokens": [ord(letter) for letter in body["prompt"]]}

    def completion(body: Any) -> Any:
        if body["prompt"] == "1":
            return {"choices": [{"text": "1"}]}
        said = {"logprob": logprob} | (rank or {"rank": 1})
        places = [None, *({str(t): said} for t in body["prompt"][1:])]
        return {"choices": [{"text": "x", "index": "0", "prompt_logprobs": places}]}

    server = serve(VLLM, tokenize=tokens, v1__completions=completion)
    with closing(open_runner("vllm/m", Options(base_url=server.url))) as runner:
        assert isinstance(runner, Dispatch)
        return runner.loglikelihood([("ab", "cde")])


def test_log_likelihoods_are_summed(serve: Callable[..., Server]) -> None:
    assert scored(serve, -0.5) == scored(serve, "-0.5") == [(-1.5, True)]
    assert scored(serve, -0.5, rank="2") == [(-1.5, False)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "NaN", 0.25], ids=str)
def test_log_probabilities_that_are_none_are_no_score(
    serve: Callable[..., Server], value: object
) -> None:
    with pytest.raises((SnellenError, ModelRefused), match="could not be scored"):
        scored(serve, value)


def test_a_text_without_ranks_may_or_may_not_be_what_greedy_decoding_gives(
    serve: Callable[..., Server],
) -> None:
    with pytest.raises(SnellenError, match="without a rank"):
        scored(serve, -0.5, rank=None)


def test_what_gives_no_log_probabilities_says_so(serve: Callable[..., Server]) -> None:
    with (
        closing(open_runner("openai/m", Options(base_url=serve({"id": "m"}).url))) as runner,
        pytest.raises(InputError, match="openai/m gives no log-probabilities of a given text"),
    ):
        runner.loglikelihood([("a", "b")])
