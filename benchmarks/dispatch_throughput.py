"""Requests per second and client CPU, against lm-eval's own client for compatible servers.

    python benchmarks/dispatch_throughput.py [--requests 2000] [--rounds 3]

One loopback server in a process of its own, no limits, so cheap that the clients are what is
measured. Ours keeps every answer durably in a
journal as it arrives; lm-eval's ``local-chat-completions`` keeps nothing until the end.
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import lm_eval.models  # noqa: F401 - registers the built-in models
from lm_eval.api.instance import Instance
from lm_eval.api.registry import get_model

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "wire"))

from shapes import answer_to
from snellen.runners.cached import CachedRunner
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Message, Sampling
from snellen.store.journal import Journal
from wirescript import server_process

SETTINGS = {"max_gen_toks": 16, "temperature": 0.0, "until": []}


def prompts(count: int) -> list[str]:
    return [f"How many ones are in this sequence? {'1' * 40} ({i})" for i in range(count)]


def ours(root: str, asked: list[str], concurrency: int) -> tuple[float, float]:
    """Wall and CPU seconds."""
    provider = OpenAI("wire-1", base_url=root + "/v1")
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / "journal.sqlite") as journal,
        closing(Dispatch(provider, Limits(concurrency=concurrency))) as runner,
    ):
        asker = CachedRunner(runner, journal)
        wall, cpu = time.perf_counter(), time.process_time()
        answers = asker.ask(
            [asker.request((Message("user", p),), Sampling(16), {"prompt": p}) for p in asked]
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert {reply.text for reply in answers.values()} == {answer_to(p) for p in asked}
    return wall, cpu


def theirs(root: str, asked: list[str], concurrency: int) -> tuple[float, float]:
    """Wall and CPU seconds."""
    model = get_model("local-chat-completions")(
        model="wire-1", base_url=root + "/v1/chat/completions", num_concurrent=concurrency
    )
    wall, cpu = time.perf_counter(), time.process_time()
    asked_of_it = [
        Instance(
            "generate_until",
            {},
            (model.apply_chat_template([{"role": "user", "content": p}]), SETTINGS),
            i,
        )
        for i, p in enumerate(asked)
    ]
    texts = model.generate_until(asked_of_it, disable_tqdm=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert texts == [answer_to(p) for p in asked]
    return wall, cpu


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    asked = prompts(args.requests)
    print(f"{args.requests} requests, medians of {args.rounds} rounds, alternating")
    print(f"{'concurrency':>11}  {'ours req/s':>10}  {'lm-eval':>8}  {'ratio':>6}", end="")
    print(f"  {'ours CPU s/1000':>15}  {'lm-eval':>8}")
    with server_process("--bare") as root:
        for concurrency in (1, 8, 64):
            runs: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
            for _ in range(args.rounds):
                runs["ours"].append(ours(root, asked, concurrency))
                runs["theirs"].append(theirs(root, asked, concurrency))
            rate, cpu = {}, {}
            for side, times in runs.items():
                rate[side] = args.requests / statistics.median(wall for wall, _ in times)
                cpu[side] = statistics.median(cpu for _, cpu in times) / args.requests * 1000
            print(f"{concurrency:>11}  {rate['ours']:>10.0f}  {rate['theirs']:>8.0f}", end="")
            print(f"  {rate['ours'] / rate['theirs']:>5.2f}x", end="")
            print(f"  {cpu['ours']:>15.2f}  {cpu['theirs']:>8.2f}")
