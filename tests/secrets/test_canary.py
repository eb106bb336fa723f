"""A key goes to its provider and nowhere else: no file, log, message, manifest or journal.

Every command runs with a canary key, against a server that even repeats the key in its errors.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from snellen.cli import main

CANARY = "sk-canary-0123456789abcdef"
SMALL = ["--tasks", "count_ones", "--lengths", "1,2", "--trials", "2"]


class LeakyServer(ThreadingHTTPServer):
    """Answers "2" in OpenAI's and Gemini's formats, or an error that repeats the key."""

    mode = "answer"
    asked = 0
    keyed = 0


class Handler(BaseHTTPRequestHandler):
    server: LeakyServer

    def do_GET(self) -> None:
        self._send(200, {"data": [{"id": "m", "object": "model"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        key = f"{self.headers.get('Authorization')} {self.headers.get('x-goog-api-key')}"
        self.server.asked += 1
        self.server.keyed += CANARY in key
        if self.server.mode == "refuse":
            self._send(401, {"error": {"code": 401, "message": f"bad key {key}", "status": "X"}})
        elif self.server.mode == "reject":
            self._send(400, {"error": {"code": 400, "message": f"no: {key}", "status": "X"}})
        elif "generateContent" in self.path:
            part = {"content": {"role": "model", "parts": [{"text": "2"}]}, "finishReason": "STOP"}
            self._send(200, {"candidates": [part], "usageMetadata": {"promptTokenCount": 3}})
        else:
            message = {"role": "assistant", "content": "2"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
            self._send(200, body | {"choices": [choice]})

    def _send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[LeakyServer]:
    with LeakyServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Shell:
    """Runs snellen's commands in a folder of its own and remembers what they say."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.heard: list[str] = []
        self._captured = captured

    def __call__(self, *words: str) -> int:
        code = main(words)
        self.heard.append("".join(self._captured.readouterr()))
        return code

    def leaks(self) -> list[str]:
        told = [text for text in self.heard if CANARY in text]
        kept = [
            str(path)
            for path in self.folder.rglob("*")
            if path.is_file() and CANARY.encode() in path.read_bytes()
        ]
        return told + kept


@pytest.fixture
def snellen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    return Shell(tmp_path, capfd)


@pytest.mark.parametrize(("scheme", "path"), [("openai", "/v1"), ("gemini", "")])
def test_no_command_lets_a_key_out(
    scheme: str, path: str, server: LeakyServer, snellen: Shell
) -> None:
    model = ["--model", f"{scheme}/m", "--base-url", f"http://127.0.0.1:{server.server_port}{path}"]
    assert snellen("run", *model, *SMALL, "--run-id", "a", "--seed", "1") == 0
    assert server.keyed == server.asked == 4
    assert snellen("run", *model, *SMALL, "--dry-run") == 0
    assert (
        snellen("run", *model, *SMALL, "--run-id", "b", "--temperature", "0.5", "--seed", "1") == 0
    )
    runs = [f"results/{scheme}__m/{name}" for name in "ab"]
    assert snellen("compare", *runs) == 3  # so few pairs show nothing
    assert snellen("report", *runs) == 0
    assert snellen("merge", *runs) == 2
    brief = ("--max-length", "4", "--max-trials", "40")
    assert snellen("acuity", *model, "--tasks", "count_ones", *brief) == 0
    few = ("--lenses", "comma", "--max-length", "4", "--max-trials", "8")
    assert snellen("prescribe", *model, "--tasks", "count_ones", *few) == 0
    server.mode = "reject"
    assert snellen("run", *model, *SMALL, "--run-id", "rejected") == 1
    server.mode = "refuse"
    assert snellen("run", *model, *SMALL, "--run-id", "refused") == 2
    assert snellen("tasks") == snellen("models") == 0
    assert "mean" in snellen.heard[0]  # it does hear what is said
    assert (snellen.folder / runs[0] / "journal.sqlite").is_file()
    assert snellen.leaks() == []


def test_a_key_among_the_model_args_is_refused_and_not_repeated(snellen: Shell) -> None:
    assert snellen("run", "--model", "vllm/m", "--model-args", f"api_key={CANARY}", *SMALL) == 2
    assert snellen.leaks() == []
    assert list(snellen.folder.iterdir()) == []
