"""From command to first question: `snellen run` against the stock `lm-eval run`.

Both ask the same server on loopback the same task; the clock runs from the start of the command
until its first question arrives. Medians of several runs, alternating; prints the ratio.

    python benchmarks/first_answer.py [RUNS]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from snellen.tasks.yaml_files import YAML_FOLDER

BIN = Path(sys.executable).parent
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "tiny",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "3"}}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


class Handler(BaseHTTPRequestHandler):
    """Answers every chat request with "3", and notes when the first one came."""

    first = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Handler.first.set()
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def seconds_to_first_question(command: Sequence[str]) -> float:
    Handler.first.clear()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if not Handler.first.wait(300):
            raise SystemExit(f"no question came from: {' '.join(command)}")
        took = time.perf_counter() - started
        process.wait(300)
    return took


def main(runs: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/v1"
    ours = [
        str(BIN / "snellen"), "run", "--model", "openai/tiny", "--base-url", base,
        "--tasks", "count_ones", "--lengths", "1,2,4", "--trials", "1", "--out", "results",
    ]  # fmt: skip
    stock = [
        str(BIN / "lm-eval"), "run", "--model", "local-chat-completions",
        "--model_args", f"model=tiny,base_url={base}/chat/completions",
        "--include_path", str(YAML_FOLDER), "--tasks", "snellen_count_ones", "--apply_chat_template",
        "--metadata", '{"lengths": [1, 2, 4], "trials": 1}',
    ]  # fmt: skip
    times: dict[str, list[float]] = {"snellen run": [], "lm-eval run": []}
    for _ in range(runs):
        for name, command in zip(times, (ours, stock), strict=True):
            times[name].append(seconds_to_first_question(command))
    for name, took in times.items():
        print(f"{name:<12} median {statistics.median(took):6.2f} s   of {runs} runs")
    ratio = statistics.median(
        b / a for a, b in zip(times["snellen run"], times["lm-eval run"], strict=True)
    )
    print(f"lm-eval / snellen, median of pairs: {ratio:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
