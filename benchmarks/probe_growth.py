"""Growth of time and peak memory with the longest length N: all states for 1 … N items.

    python benchmarks/probe_growth.py [--lengths 256,512,1024,2048,4096] [--states 64] [--threads 1]

Each N runs in a process of its own (bundled model, float32), so that the peak is its own. States
are read at ``--states`` lengths up to N; the exponents are least-squares slopes in log-log.
Memory is the process's peak during the work less its size before it (Linux: VmHWM, VmRSS).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def measure(longest: int, states: int, threads: int) -> None:
    import torch
    from snellen.probes.states.kinds import KINDS
    from snellen.probes.states.last_token import last_token_states
    from snellen.probes.states.pairs import build_prompts
    from snellen.probes.states.subject import open_subject

    torch.set_num_threads(threads)
    subject = open_subject("bundled", "cpu")
    model = subject.load(torch.float32)
    lengths = sorted({int(n) for n in np.linspace(1, longest, states)})
    prompts = build_prompts(
        subject.tokenizer, KINDS["count_ones"], lengths, context=subject.context
    )
    ids = [pair.short for pair in prompts.pairs]
    last_token_states(model, ids[:1])
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of loading
    before = kibibytes("VmRSS")
    start = time.perf_counter()
    last_token_states(model, ids)
    seconds = time.perf_counter() - start
    print(f"RESULT {seconds} {(kibibytes('VmHWM') - before) / 1024}")


def kibibytes(name: str) -> int:
    """A size from /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", default="256,512,1024,2048,4096")
    parser.add_argument("--states", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        measure(args.one, args.states, args.threads)
        return
    lengths = [int(n) for n in args.lengths.split(",")]
    rows = []
    for longest in lengths:
        command = [sys.executable, __file__, "--one", str(longest)]
        command += ["--states", str(args.states), "--threads", str(args.threads)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        line = next(line for line in shown.splitlines() if line.startswith("RESULT"))
        rows.append([float(x) for x in line.split()[1:]])
    print(f"bundled model, float32, {args.threads} thread(s), states at {args.states} lengths")
    print(f"{'N':>6}{'seconds':>10}{'peak MiB':>10}")
    for longest, (seconds, peak) in zip(lengths, rows, strict=True):
        print(f"{longest:6d}{seconds:10.2f}{peak:10.0f}")
    if len(lengths) > 1:
        x = np.log(lengths)
        slopes = [np.polyfit(x, np.log(column), 1)[0] for column in zip(*rows, strict=True)]
        print(f"exponent: time {slopes[0]:.2f}, memory {slopes[1]:.2f}")


if __name__ == "__main__":
    main()
