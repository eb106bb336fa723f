"""From command to first question: `snellen run` against the stock `lm-eval run`.

Both ask the same server on loopback the same task; the clock runs from the start of the command
until its first question arrives. Medians of several runs, alternating; prints the ratio (the goal
is 10). Stock lm-eval reads 14,000 task files and imports torch before it asks anything; our path
imports neither lm-eval nor torch nor pandas before the first answer, which
tests/exams/test_one_path.py holds.

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
from typing import NamedTuple

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

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": "tiny", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Took(NamedTuple):
    """Seconds until the first question: on the wall, and of the processor (right on a busy one)."""

    wall: float
    cpu: float


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, from Linux's /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_to_first_question(command: Sequence[str]) -> Took:
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
        took = Took(time.perf_counter() - started, cpu_seconds(process.pid))
        process.wait(300)
    return took


def main(runs: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/v1"
    ours = [
        sys.executable, "-m", "snellen", "run", "--model", "openai/tiny", "--base-url", base,
        "--tasks", "count_ones", "--lengths", "1,2,4", "--trials", "1", "--out", "results",
    ]  # fmt: skip
    stock = [
        str(BIN / "lm-eval"), "run", "--model", "local-chat-completions",
        "--model_args", f"model=tiny,base_url={base}/chat/completions",
        "--include_path", str(YAML_FOLDER), "--tasks", "snellen_count_ones",
        "--apply_chat_template", "--metadata", '{"lengths": [1, 2, 4], "trials": 1}',
    ]  # fmt: skip
    times: dict[str, list[Took]] = {"snellen run": [], "lm-eval run": []}
    for _ in range(runs):
        for name, command in zip(times, (ours, stock), strict=True):
            times[name].append(seconds_to_first_question(command))
    for kind in Took._fields:
        for name, took in times.items():
            seconds = statistics.median(getattr(one, kind) for one in took)
            print(f"{name:<12} {kind:<4} median {seconds:6.2f} s   of {runs} runs")
        ratio = statistics.median(
            getattr(b, kind) / getattr(a, kind)
            for a, b in zip(times["snellen run"], times["lm-eval run"], strict=True)
        )
        print(f"lm-eval / snellen, {kind}, median of pairs: {ratio:.1f} (goal: 10)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
