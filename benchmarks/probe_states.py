"""Last-token states of n = 1 … N items: one walk, against one forward pass per length.

    python benchmarks/probe_states.py [--longest 512] [--every 8] [--repeats 3] [--threads 1]

Both sides in one run, on the bundled model in float32. Separate passes are timed at every
``--every``-th length and summed over all lengths by linear interpolation (``--every 1`` times
them all).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from snellen.probes.states.architecture import decoder_of
from snellen.probes.states.kinds import KINDS
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.pairs import Template, build_prompts
from snellen.probes.states.subject import open_subject


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def prompts(subject: Any, lengths: list[int], template: Template) -> list[list[int]]:
    made = build_prompts(
        subject.tokenizer, KINDS["count_ones"], lengths, context=subject.context, template=template
    )
    return [list(pair.short) for pair in made.pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longest", type=int, default=512)
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    subject = open_subject("bundled", "cpu")
    model = subject.load(torch.float32)
    everything = list(range(1, args.longest + 1))
    some = sorted({1, *range(args.every, args.longest + 1, args.every), args.longest})
    rows = []
    templates: tuple[Template, ...] = ("none", "chat")
    for template in templates:
        lengths = everything if template == "none" else some
        ids = prompts(subject, lengths, template)
        timed = prompts(subject, some, template)

        def forward(sequence: list[int]) -> None:
            with torch.no_grad():
                decoder_of(model)(input_ids=torch.tensor([sequence]), use_cache=False)

        def states(sequences: list[list[int]]) -> None:
            last_token_states(model, sequences)

        states(ids[:1])
        walk = median_seconds(partial(states, ids), args.repeats)
        longest = median_seconds(partial(forward, ids[-1]), args.repeats)
        separate = [median_seconds(partial(states, [sequence]), 1) for sequence in timed]
        total = float(np.interp(lengths, some, separate).sum())
        name = "sequence ends the prompt" if template == "none" else "chat template follows"
        rows.append((name, len(lengths), walk, longest, total, total / walk, walk / longest))
    print(f"bundled model, float32, {args.threads} thread(s), N = {args.longest}, "
          f"separate passes timed at {len(some)} lengths")  # fmt: skip
    print(f"{'prompt':26}{'lengths':>8}{'walk s':>9}{'longest s':>11}{'separate s':>12}"
          f"{'speed-up':>10}{'walk/longest':>14}")  # fmt: skip
    for name, count, walk, longest, total, gain, ratio in rows:
        print(
            f"{name:26}{count:8d}{walk:9.2f}{longest:11.2f}{total:12.1f}{gain:9.1f}x{ratio:13.2f}x"
        )


if __name__ == "__main__":
    main()
