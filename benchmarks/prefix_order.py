"""Prefix-cache hits of a vLLM server, by the order in which nested lengths are asked.

    SNELLEN_VLLM_PYTHON=.venv-vllm/bin/python python benchmarks/prefix_order.py [--rounds 3]

Prompts of one trial at growing length share their beginning, so a server that caches prefixes
computes each only from where it differs. Asked trial by trial from short to long, every prompt
finds its predecessor in the cache; asked in random order over a cache too small for all of them,
many do not. Both orders run against fresh servers of the same kind; hits are counted by the
server itself (``/metrics``).
"""

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import httpx2
from snellen.runners.dispatch.provider import Limits
from snellen.runners.protocol import Message, Reply, Request, Sampling
from snellen.runners.vllm.runner import VllmRunner, serve_vllm
from snellen.store.bundled import bundled_model_path

ENGINE = {
    "dtype": "float32",
    "enforce_eager": True,
    "max_model_len": 2048,
    "block_size": 32,
    # Room for a few prompts at a time, as on a full GPU.
    "num_gpu_blocks_override": 160,
    "max_num_seqs": 2,
}


def prompts(trials: int, lengths: list[int]) -> list[str]:
    """Short to long within each trial; the trials differ from their first words on."""
    return [
        f"Story {trial}. How many ones follow? " + "1 " * length
        for trial in range(trials)
        for length in lengths
    ]


def counters(runner: VllmRunner) -> dict[str, float]:
    """Tokens looked up in the prefix cache, and tokens found."""
    root = runner.provider.base_url.removesuffix("/v1")
    text = httpx2.get(f"{root}/metrics", trust_env=False).text
    return {
        name: sum(map(float, re.findall(rf"^vllm:prefix_cache_{name}_total\S* (\S+)", text, re.M)))
        for name in ("queries", "hits")
    }


def measure(order: list[str]) -> tuple[float, float]:
    """Seconds, and the share of prompt tokens found in the cache of a fresh server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(
            serve_vllm(
                "vllm/bundled",
                str(bundled_model_path()),
                ENGINE,
                Path(folder),
                Limits(concurrency=2),
            )
        ) as runner,
    ):
        ask = [Request(p, (Message("user", p),), Sampling(1)) for p in order]
        runner.answer(ask[:1], lambda rows: None)  # warm
        before, began = counters(runner), time.perf_counter()
        replies: list[object] = []
        runner.answer(ask[1:], lambda rows: replies.extend(answer for _, answer in rows))
        elapsed, after = time.perf_counter() - began, counters(runner)
    assert all(isinstance(reply, Reply) for reply in replies)
    looked_up = after["queries"] - before["queries"]
    return elapsed, (after["hits"] - before["hits"]) / looked_up


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--lengths", type=int, nargs="+", default=[64, 128, 192, 256, 384, 512])
    args = parser.parse_args()
    if "SNELLEN_VLLM_PYTHON" not in os.environ:
        print("skipped: needs a vLLM server; scripts/served_env.sh, then SNELLEN_VLLM_PYTHON=…")
        sys.exit()
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    nested = prompts(args.trials, args.lengths)
    results: dict[str, list[tuple[float, float]]] = {"nested": [], "random": []}
    for seed in range(args.rounds):
        mixed = random.Random(seed).sample(nested, len(nested))
        results["nested"].append(measure(nested))
        results["random"].append(measure(mixed))
    print(f"{len(nested)} prompts, medians of {args.rounds} rounds")
    print(f"{'order':>7}  {'hit rate':>8}  {'seconds':>7}")
    for order, runs in results.items():
        seconds = statistics.median(run[0] for run in runs)
        hits = statistics.median(run[1] for run in runs)
        print(f"{order:>7}  {hits:>8.1%}  {seconds:>7.1f}")
    ratio = statistics.median(r[0] for r in results["random"]) / statistics.median(
        r[0] for r in results["nested"]
    )
    print(f"nested lengths first: {ratio:.2f}x as fast")
