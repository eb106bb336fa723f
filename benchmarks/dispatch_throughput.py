"""Requests per second and client CPU, against lm-eval's own client for compatible servers.

    python benchmarks/dispatch_throughput.py [--requests 2000] [--rounds 3] [--latency 0.02 0]

A loopback server in a process of its own, without limits, that takes 20 ms for an answer, as a
fast real one does, and one that takes no time at all, where the clients are all that is measured.
Ours keeps every answer durably in a journal as it arrives; lm-eval's ``local-chat-completions``
keeps nothing until the end. Beside them the official SDK by itself, as it is shipped, with nothing
around it: what any client costs that goes through it, as ours does with every request. The ideal
is what is in flight, divided by the latency.
"""

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import lm_eval.models  # noqa: F401 - registers the built-in models
import openai
from lm_eval.api.instance import Instance
from lm_eval.api.registry import get_model

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "wire"))

from shapes import answer_to
from snellen.runners.cached import CachedRunner
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Message, Reply, Sampling
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
        cached = CachedRunner(runner, journal)
        wall, cpu = time.perf_counter(), time.process_time()
        answers = cached.ask(
            [cached.request((Message("user", p),), Sampling(16), {"prompt": p}) for p in asked]
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    texts = {reply.text for reply in answers.values() if isinstance(reply, Reply)}
    assert texts == {answer_to(p) for p in asked}
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


def sdk_alone(root: str, asked: list[str], concurrency: int) -> tuple[float, float]:
    """Wall and CPU seconds."""

    async def ask_all() -> set[str | None]:
        waiting = iter(asked)
        async with openai.AsyncOpenAI(
            api_key="none", base_url=root + "/v1", http_client=openai.DefaultAioHttpClient()
        ) as sdk:

            async def ask_on() -> list[str | None]:
                texts = []
                for prompt in waiting:
                    answer = await sdk.chat.completions.create(
                        model="wire-1", messages=[{"role": "user", "content": prompt}],
                        max_tokens=16, temperature=0.0,
                    )  # fmt: skip
                    texts.append(answer.choices[0].message.content)
                return texts

            return {text for of_one in await asyncio.gather(*(ask_on() for _ in range(concurrency)))
                    for text in of_one}  # fmt: skip

    wall, cpu = time.perf_counter(), time.process_time()
    texts = asyncio.run(ask_all())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert texts == {answer_to(p) for p in asked}
    return wall, cpu


def measure(root: str, asked: list[str], concurrency: int, rounds: int, latency_s: float) -> None:
    """Print a line: both sides alternate, medians of all rounds."""
    sides = {"ours": ours, "sdk": sdk_alone, "lm-eval": theirs}
    runs: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            runs[side].append(run(root, asked, concurrency))
    rate = {s: len(asked) / statistics.median(wall for wall, _ in runs[s]) for s in sides}
    cpu = {s: statistics.median(cpu for _, cpu in runs[s]) / len(asked) * 1000 for s in sides}
    ideal = f"{concurrency / latency_s:>8.0f}" if latency_s else f"{'':>8}"
    print(
        f"{latency_s * 1000:>5.0f}  {concurrency:>9}  {ideal}  "
        + "".join(f"{rate[side]:>8.0f}" for side in sides)
        + f"  {rate['ours'] / rate['lm-eval']:>7.2f}x  {rate['ours'] / rate['sdk']:>6.2f}x  "
        + "".join(f"{cpu[side]:>8.2f}" for side in sides),
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.02, 0.0], help="seconds")
    parser.add_argument("--in-flight", type=int, nargs="+", default=[1, 8, 64, 256])
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"up to {args.requests} requests, medians of {args.rounds} rounds, alternating")
    print(f"{'':26}{'requests/s':>24}  {'ours against':>17}  {'CPU s/1000':>24}")
    print(
        f"{'ms':>5}  {'in flight':>9}  {'ideal/s':>8}  {'ours':>8}{'sdk':>8}{'lm-eval':>8}  "
        f"{'lm-eval':>8}  {'sdk':>7}  {'ours':>8}{'sdk':>8}{'lm-eval':>8}"
    )
    for latency_s in args.latency:
        with server_process("--bare", "--latency", str(latency_s)) as root:
            for concurrency in args.in_flight:
                # One at a time, 20 ms each: fewer will do.
                count = min(args.requests, 250 * concurrency) if latency_s else args.requests
                asked = prompts(count)
                measure(root, asked, concurrency, args.rounds, latency_s)
