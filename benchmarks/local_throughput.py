"""The bundled model on the same documents: Snellen's runner against lm-eval's `hf` backend.

Generation only, models loaded beforehand. lm-eval is timed with its default batch size (1) and
with ours; rounds alternate; prints medians and the ratio.

    python benchmarks/local_throughput.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from snellen.runners.local.batches import BATCH_ROWS
from snellen.runners.local.runner import bundled_runner
from snellen.runners.protocol import Message, Request, Sampling
from snellen.store.bundled import bundled_model_path
from snellen.tasks.registry import TASKS
from snellen.tasks.trial import build_trial

NAMES = ("count_ones", "copy_last")
LENGTHS = (1, 4, 16, 64, 128)
TRIALS = 6
MAX_TOKENS = 32


def main(rounds: int) -> None:
    prompts = [
        build_trial(TASKS[name], "direct", "none", length, index, 0).prompt
        for index in range(TRIALS)
        for length in LENGTHS
        for name in NAMES
    ]
    runner = bundled_runner()
    requests = [
        Request(str(i), (Message("user", prompt),), Sampling(MAX_TOKENS))
        for i, prompt in enumerate(prompts)
    ]
    stock = HFLM(pretrained=str(bundled_model_path()), dtype="float32", device="cpu", batch_size=1)
    settings = {"until": [], "do_sample": False, "max_gen_toks": MAX_TOKENS}
    instances = [
        Instance(
            "generate_until",
            {},
            (stock.apply_chat_template([{"role": "user", "content": prompt}]), settings),
            0,
        )
        for prompt in prompts
    ]

    def ask_stock(batch_size: int) -> None:
        stock.batch_size_per_gpu = batch_size
        stock.generate_until(instances, disable_tqdm=True)

    sides: dict[str, Callable[[], object]] = {
        "snellen": lambda: runner.answer(requests, lambda results: None),
        f"lm-eval hf, batch {BATCH_ROWS}": lambda: ask_stock(BATCH_ROWS),
        "lm-eval hf, batch 1": lambda: ask_stock(1),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            times[name].append(time.perf_counter() - started)
    ours = times["snellen"]
    for name, took in times.items():
        ratio = statistics.median(b / a for a, b in zip(ours, took, strict=True))
        rate = len(prompts) / statistics.median(took)
        print(f"{name:<24} {rate:6.2f} prompts/s   time / ours {ratio:5.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
