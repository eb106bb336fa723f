"""A fair rate limit of 5 requests per second: time over the ideal, and what is lost.

    python benchmarks/dispatch_rate_limit.py [--prompts 60 600]

The server is a token bucket that admits five calls per second and refuses the rest with 429: it
admits no two closer than 0.2 s (the hardest to use to the full), says nothing of when to come
back, or says it in whole seconds as most servers do. The ideal is prompts / rate. lm-eval's
``local-chat-completions`` runs with its own defaults at concurrency 8.
"""

import argparse
import logging
import sys
import time
from contextlib import closing
from pathlib import Path

import lm_eval.models  # noqa: F401 - registers the built-in models
from lm_eval.api.instance import Instance
from lm_eval.api.registry import get_model
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Message, Reply, Request, Sampling

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "wire"))

from shapes import answer_to
from wirescript import server_process

RATE = 5.0


def ours(root: str, prompts: list[str]) -> tuple[float, int]:
    """Seconds, and answers kept."""
    kept: dict[str, str] = {}
    requests = (Request(p, (Message("user", p),), Sampling(16)) for p in prompts)
    with closing(Dispatch(OpenAI("wire-1", base_url=root + "/v1"))) as runner:
        began = time.perf_counter()
        runner.answer(
            requests,
            lambda rows: kept.update({r.key: a.text for r, a in rows if isinstance(a, Reply)}),
        )
        elapsed = time.perf_counter() - began
    return elapsed, sum(kept.get(p) == answer_to(p) for p in prompts)


def theirs(root: str, prompts: list[str]) -> tuple[float, int]:
    """Seconds, and answers returned: all, or none once a request has failed three times."""
    model = get_model("local-chat-completions")(
        model="wire-1", base_url=root + "/v1/chat/completions", num_concurrent=8
    )
    settings = {"max_gen_toks": 16, "temperature": 0.0, "until": []}
    turns = [model.apply_chat_template([{"role": "user", "content": p}]) for p in prompts]
    asked = [Instance("generate_until", {}, (turn, settings), i) for i, turn in enumerate(turns)]
    began = time.perf_counter()
    try:
        texts = model.generate_until(asked, disable_tqdm=True)
    except Exception:
        texts = []
    return time.perf_counter() - began, len(texts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, nargs="+", default=[60, 600])
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"{'prompts':>7}  {'retry-after':>11}  {'client':>8}  {'seconds':>7}", end="")
    print(f"  {'ideal':>5}  {'ratio':>5}  {'answers':>7}")
    for count in args.prompts:
        prompts = [f"question {i}" for i in range(count)]
        for hint in ("none", "whole"):
            options = ["--rate", str(RATE)] + ([] if hint == "none" else ["--hint", hint])
            for name, client in (("snellen", ours), ("lm-eval", theirs)):
                with server_process(*options) as root:
                    seconds, answers = client(root, prompts)
                ratio = f"{seconds / (count / RATE):.2f}" if answers == count else "died"
                print(f"{count:>7}  {hint:>11}  {name:>8}  {seconds:>7.1f}", end="")
                print(f"  {count / RATE:>5.0f}  {ratio:>5}  {answers:>7}", flush=True)
