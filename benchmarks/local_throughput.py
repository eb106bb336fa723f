"""A chart of the bundled model: Snellen's runner against lm-eval's `hf` backend, same documents.

The same prompts, stop texts and limits of an answer, generation only, models loaded beforehand.
lm-eval is timed at several batch sizes. Prints each one's time, its ratio to ours, and how many
answers are the same text.

    python benchmarks/local_throughput.py [CHART] [TRIALS] [MAX_TOKENS] [BATCH,BATCH,…] [DEVICE]

CHART is first, cot, two or mixed (below); DEVICE is cpu or cuda.

On a CPU, seconds are those of the processor (of all threads together), which other work on the
machine hardly changes; run it with OMP_NUM_THREADS=1 where there is other work. On a GPU they
are by the clock.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from snellen.exams.session import request_of
from snellen.runners.local.runner import bundled_runner
from snellen.runners.protocol import Reply, Request
from snellen.store.bundled import bundled_model_path
from snellen.store.plan import Plan

LENGTHS = "log:1:64:7"
CHARTS = {
    # What `snellen run` asks of the bundled model when no task is named.
    "first": (("fewshot",), "copy_last,copy_sequence,lookup,count_ones"),
    # Reasoning: some answers are a line, others run to their limit.
    "cot": (("cot",), "copy_last,count_ones"),
    # A number, or reasoning: answers of very different lengths in one run.
    "two": (("direct", "cot"), "copy_last,count_ones"),
    # A run in three modes.
    "mixed": (("direct", "cot", "fewshot"), "copy_last,count_ones"),
}


def main(chart: str, trials: int, limit: int, sizes: list[int], device: str) -> None:
    modes, tasks = CHARTS[chart]
    plan = Plan(
        model="bundled", tasks=tasks, modes=modes, lengths=LENGTHS, trials=trials,
        max_tokens=limit or None,
    )  # fmt: skip
    runner = bundled_runner(device=device)
    requests = [request_of(runner, plan, trial) for trial in plan.build_trials()]
    stock = HFLM(pretrained=str(bundled_model_path()), dtype="float32", device=device, batch_size=1)
    instances = [Instance("generate_until", {}, _stock_request(stock, r), 0) for r in requests]
    ours: dict[str, Reply] = {}
    theirs: list[str] = []

    # A first batch of each, untimed: a GPU loads its kernels then.
    runner.answer(requests[:8], lambda got: None)
    stock.generate_until(instances[:8], disable_tqdm=True)

    def ask_ours() -> None:
        ours.clear()
        runner.answer(requests, lambda got: ours.update((r.key, a) for r, a in got))  # type: ignore[misc]

    def ask_stock(batch_size: int) -> None:
        stock.batch_size_per_gpu = batch_size
        theirs[:] = stock.generate_until(instances, disable_tqdm=True)

    sides: dict[str, Callable[[], None]] = {"snellen": ask_ours}
    for size in sizes:
        sides[f"lm-eval hf, batch {size}"] = lambda size=size: ask_stock(size)  # type: ignore[misc]
    times: dict[str, float] = {}
    for name, side in sides.items():
        began, started = time.perf_counter(), time.process_time()
        side()
        wall = time.perf_counter() - began
        times[name] = time.process_time() - started if device == "cpu" else wall
        print(f"{name}: {times[name]:.1f} s, {wall:.1f} by the clock", file=sys.stderr, flush=True)
    said = sorted(reply.completion_tokens or 0 for reply in ours.values())
    print(
        f"{chart}: {len(requests)} prompts, tokens of an answer: median {statistics.median(said):g}"
        f", 90 % {said[int(0.9 * len(said))]}, most {said[-1]}"
    )
    for name, took in times.items():
        print(f"{name:<24} {took:7.1f} s   time / ours {took / times['snellen']:5.2f}")
    same = sum(ours[r.key].text == text for r, text in zip(requests, theirs, strict=True))
    print(f"same text: {same} of {len(requests)}")


def _stock_request(stock: HFLM, request: Request) -> tuple[str, dict[str, object]]:
    prompt = request.messages[0].content
    if not request.raw:
        prompt = stock.apply_chat_template([{"role": "user", "content": prompt}])
    how = request.sampling
    settings = {"until": list(how.stop), "do_sample": False, "max_gen_toks": how.max_tokens}
    return prompt, settings


if __name__ == "__main__":
    words = sys.argv[1:]
    main(
        words[0] if words else "mixed",
        int(words[1]) if len(words) > 1 else 2,
        int(words[2]) if len(words) > 2 else 0,
        [int(size) for size in (words[3] if len(words) > 3 else "1,8,32").split(",")],
        words[4] if len(words) > 4 else "cpu",
    )
