"""Peak memory with 100,000 pending prompts of 2,000 tokens, and with few.

    python benchmarks/dispatch_memory.py [--prompts 1000 100000] [--answered 1000]

The prompts come from a generator; each is 2,000 tokens (8 kB) of its own. Every run stops after
the same number of answers, so that what differs is only how many are pending. lm-eval's client
takes a list and builds every payload before the first is sent, so its memory grows with all of
them; it is given a tenth of each count, and runs to the end.
"""

import argparse
import subprocess
import sys
from pathlib import Path

WIRE = str(Path(__file__).parents[1] / "tests" / "wire")

OURS = """
import sys
from contextlib import closing
sys.path.insert(0, sys.argv[1])
from snellen.runners.protocol import Message, Request, Sampling
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.openai.provider import OpenAI

root, prompts, wanted = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

class Enough(Exception):
    pass

answered = 0

def deliver(rows):
    global answered
    answered += len(rows)
    if answered >= wanted:
        raise Enough

requests = (
    Request(str(i), (Message("user", f"{i} " + "word " * 1999),), Sampling(16))
    for i in range(prompts)
)
with closing(Dispatch(OpenAI("wire-1", base_url=root + "/v1"))) as runner:
    try:
        runner.answer(requests, deliver)
    except Enough:
        pass
"""

THEIRS = """
import logging, sys
logging.disable(logging.CRITICAL)
import lm_eval.models
from lm_eval.api.instance import Instance
from lm_eval.api.registry import get_model

root, prompts = sys.argv[2], int(sys.argv[3])
model = get_model("local-chat-completions")(
    model="wire-1", base_url=root + "/v1/chat/completions", num_concurrent=64
)
settings = {"max_gen_toks": 16, "temperature": 0.0, "until": []}
turn = lambda i: model.apply_chat_template([{"role": "user", "content": f"{i} " + "word " * 1999}])
model.generate_until(
    [Instance("generate_until", {}, (turn(i), settings), i) for i in range(prompts)],
    disable_tqdm=True,
)
"""


def peak_mb(code: str, *words: object) -> float:
    """Peak resident memory of a fresh Python that runs some code."""
    watched = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", watched, code, WIRE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kilobytes = int(done.stdout.split()[-1])
    return kilobytes / (1024 if sys.platform == "linux" else 1024**2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--answered", type=int, default=1_000)
    args = parser.parse_args()

    sys.path.insert(0, WIRE)
    from wirescript import server_process

    print(f"{'client':>8}  {'pending':>8}  {'all prompts MB':>14}  {'peak MB':>8}")
    with server_process() as root:
        for count in args.prompts:
            peak = peak_mb(OURS, root, count, args.answered)
            print(f"{'snellen':>8}  {count:>8}  {count * 0.01:>14.0f}  {peak:>8.0f}", flush=True)
        for count in sorted({count // 10 for count in args.prompts}):
            peak = peak_mb(THEIRS, root, count)
            print(f"{'lm-eval':>8}  {count:>8}  {count * 0.01:>14.0f}  {peak:>8.0f}", flush=True)
