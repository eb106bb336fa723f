"""How fast prompts of 128k tokens are built, which is all that a gate needs beside the servers.

Tokens are counted as a gate counts them where the model's tokenizer is not at hand. Every prompt
is another trial, its text hashed as the manifest wants it. The goal: 100 a second or more on one
core (RULER's port in lm-eval takes 15 minutes for 32,500 prompts of up to 128k tokens, 36 a
second).

Run: python benchmarks/gate_prompts.py [SECONDS] [TOKENS]
"""

from __future__ import annotations

import sys
import time

from snellen.exams.gate.gate import TASKS
from snellen.exams.gate.levels import levels_by_tokens, trial_of
from snellen.runners.tokens import approximate_tokens
from snellen.store.plan import Plan
from snellen.tasks.trial import rebuild_trial


def main(seconds: float = 5.0, tokens: str = "128k") -> int:
    """Build prompts for some seconds of each task, and print the rates."""
    plan = Plan(model="bundled", tasks=TASKS)
    (level,) = levels_by_tokens(list(plan.curves()), tokens, approximate_tokens, plan.seed)
    print(f"| prompts of {tokens} tokens | items | characters | per CPU second | per second |")
    print("|---|---|---|---|---|")
    for curve, length in level.lengths.items():
        began, cpu, built, size = time.monotonic(), time.process_time(), 0, 0
        while time.process_time() - cpu < seconds:
            trial = rebuild_trial(trial_of(plan, curve, length, built))
            assert trial.prompt_sha256
            built, size = built + 1, len(trial.prompt)
        rate = built / (time.process_time() - cpu)
        wall = built / (time.monotonic() - began)
        print(f"| {curve.task} | {length:,} | {size:,} | {rate:.0f} | {wall:.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    sys.exit(main(seconds, *sys.argv[2:3]))
