"""Sensitivity by 16 vector-Jacobian products, against the exact Jacobian.

    python benchmarks/probe_sensitivity.py [--items 16] [--probes 4,16,64] [--seeds 3] [--threads 1]

Both sides in one run, on the bundled model in float32, on ``count_sampled``. The exact side is
576 backward passes; the error is the median over positions (and seeds) of the relative error of
the norm.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from scipy import stats
from snellen.probes.sensitivity.norms import estimated_norms, exact_norms
from snellen.probes.states.kinds import KINDS
from snellen.probes.states.pairs import build_prompts
from snellen.probes.states.subject import open_subject


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=16)
    parser.add_argument("--probes", default="8,16,64")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    subject = open_subject("bundled", "cpu")
    model = subject.load(torch.float32)
    prompts = build_prompts(
        subject.tokenizer, KINDS["count_sampled"], [args.items], context=subject.context
    )
    ids = list(prompts.pairs[0].short)
    estimated_norms(model, ids, probes=4)
    start = time.perf_counter()
    exact = exact_norms(model, ids).norms.value
    exact_seconds = time.perf_counter() - start
    print(f"bundled model, float32, {len(ids)} tokens, {args.threads} thread(s)")
    print(f"{'':16}{'seconds':>9}{'speed-up':>10}{'median error':>14}{'rank corr.':>12}")
    print(f"{'exact Jacobian':16}{exact_seconds:9.1f}{1:9.1f}x{0:14.1%}{1:12.4f}")
    for probes in map(int, args.probes.split(",")):
        seconds, errors, ranks = [], [], []
        for seed in range(args.seeds):
            start = time.perf_counter()
            found = estimated_norms(model, ids, probes=probes, seed=seed).norms.value
            seconds.append(time.perf_counter() - start)
            errors.append(float(np.median(np.abs(found / exact - 1))))
            ranks.append(float(stats.spearmanr(found, exact).statistic))
        took = statistics.median(seconds)
        print(
            f"{f'{probes} probes':16}{took:9.2f}{exact_seconds / took:9.1f}x"
            f"{statistics.median(errors):14.1%}{statistics.median(ranks):12.4f}"
        )


if __name__ == "__main__":
    main()
