"""How often a gate errs, and what it asks: simulated observers, equal ones and spoiled ones.

Observers answer trials by a hash of the trial (the same every time) or anew at every asking; a
fault takes a share of the right answers away from a length on. Beside each: what a fixed grid
with the same error rates asks (exact one-sided test at every length, Bonferroni; the pairs that
find a drop of the margin at one length with the same power), and what 200 short questions with a
threshold see.

Either side is judged, as between two servers by default, or B alone (--judge against).

Run: python benchmarks/gate_verdicts.py [--repeats 300] [--faults 100] [--judge either]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from scipy.stats import binom, binomtest
from snellen.exams.gate.judging import Judgement
from snellen.exams.gate.levels import Level, levels_by_length
from snellen.exams.gate.limits import Limits
from snellen.exams.gate.pairs import Judge
from snellen.exams.gate.result import Verdict
from snellen.exams.gate.sides import Said
from snellen.exams.gate.verdict import Seen, conclude
from snellen.store.plan import Plan
from snellen.tasks.trial import TrialId

PLAN = Plan(model="bundled", tasks="lookup,copy_sequence,count_ones_bernoulli")
LENGTHS = "64,128,256,512,1024,2048"


@dataclass
class Observer:
    """Who answers trials.

    Attributes:
        accuracy: share of trials that it can answer, the same trials for every observer.
        noise: probability that an asking is answered by a coin of that accuracy instead.
        fault_from: length from which a fault takes right answers away.
        fault: share of them that it takes.
        dice: its own chance.
        sent: how many requests it was asked.
    """

    accuracy: float
    noise: float
    dice: random.Random
    fault_from: int = 1 << 60
    fault: float = 0.0
    sent: int = 0

    def ask(self, trials: Sequence[TrialId], at_once: int | None = None) -> dict[TrialId, Said]:
        """Its answers."""
        return {trial: self._one(trial) for trial in dict.fromkeys(trials)}

    def _one(self, trial: TrialId) -> Said:
        self.sent += 1
        able = random.Random(f"{trial}").random()
        if self.noise and self.dice.random() < self.noise:
            able = self.dice.random()
        right = able < self.accuracy
        if trial.length >= self.fault_from and random.Random(f"f{trial}").random() < self.fault:
            right = False
        return Said(right, "correct" if right else "wrong", "yes" if right else "no", "stop")


@cache
def _levels() -> list[Level]:
    return levels_by_length(list(PLAN.curves()), LENGTHS)


def once(
    seed: int,
    accuracy: float,
    noise: float,
    fault_from: int = 1 << 60,
    fault: float = 0.0,
    judge: Judge = "either",
) -> tuple[Verdict, int | None, int, int]:
    """One gate: verdict, onset, trials, requests."""
    dice = random.Random(f"gate {seed}")
    a, again = (Observer(accuracy, noise, random.Random(dice.random())) for _ in range(2))
    b, again_b = (
        Observer(accuracy, noise, random.Random(dice.random()), fault_from, fault) for _ in range(2)
    )
    plan = PLAN.model_copy(update={"seed": seed})
    judged = Judgement(
        plan, list(plan.curves()), _levels(), a, b, again, twice="a", limits=Limits(),
        again_b=again_b if judge == "either" else None, judge=judge,
    )  # fmt: skip
    judged.judge_all()
    found = conclude(
        judged, Seen("items"), requests={}, notes=[], about={},
        path=None,  # type: ignore[arg-type]
    )  # fmt: skip
    return found.verdict, found.onset, found.trials, sum(one.sent for one in (a, b, again, again_b))


def fixed_grid() -> int:
    """Pairs of a fixed grid: every length alone must find the margin, Bonferroni over lengths.

    A drop of the margin without noise; the exact one-sided sign test.
    """
    limits, levels = Limits(), len(LENGTHS.split(","))
    needed = 1
    while 0.5**needed > limits.alpha / levels:
        needed += 1
    pairs = needed
    while binom.sf(needed - 1, pairs, limits.margin) < limits.power:
        pairs += 1
    return pairs * levels


def short_gate_misses(threshold: float = 0.05, questions: int = 200) -> str:
    """What 200 short questions see of a fault at long lengths: nothing, and its own noise."""
    flakes = binom.cdf(int(questions * (0.9 - threshold)) - 1, questions, 0.9)
    return f"0% found (no question is long), {flakes:.1%} false alarms at 90% accuracy"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--judge", choices=("either", "against"), default="either")
    args = parser.parse_args()
    grid = fixed_grid()
    print(f"fixed grid: {grid} pairs; 200 short questions: {short_gate_misses()}\n")
    print("| equal servers | repeats | FAIL | Clopper-Pearson | PASS | trials, median | requests |")
    print("|---|---|---|---|---|---|---|")
    for name, accuracy, noise in (
        ("deterministic, 95 % right", 0.95, 0.0),
        ("a fifth answered anew, 95 % right", 0.95, 0.2),
        ("all answered anew, 90 % right", 0.9, 1.0),
        ("all answered anew, 50 % right", 0.5, 1.0),
    ):
        found = [once(seed, accuracy, noise, judge=args.judge) for seed in range(args.repeats)]
        count = Counter(verdict for verdict, *_ in found)
        failed = count[Verdict.FAIL]
        low, high = binomtest(failed, len(found)).proportion_ci(method="exact")
        print(
            f"| {name} | {len(found)} | {failed} | {low:.1%} to {high:.1%} | "
            f"{count[Verdict.PASS] / len(found):.0%} | {median(f[2] for f in found):.0f} | "
            f"{median(f[3] for f in found):.0f} |"
        )
    print("\n| fault | noise | repeats | FAIL | onset within an octave | trials | of the grid |")
    print("|---|---|---|---|---|---|---|")
    for fault, start, noise in (
        (1.0, 512, 0.0), (0.5, 512, 0.0), (0.5, 512, 0.2), (0.2, 512, 0.0), (0.2, 2048, 0.0),
        (0.5, 2048, 0.2),
    ):  # fmt: skip
        found = [once(seed, 0.95, noise, start, fault, args.judge) for seed in range(args.faults)]
        seen = [one for one in found if one[0] is Verdict.FAIL]
        near = sum(start / 2 <= (one[1] or 0) <= 2 * start for one in seen)
        trials = median(one[2] for one in found)
        print(
            f"| {fault:.0%} of right answers from {start} on | {noise:.0%} | {len(found)} | "
            f"{len(seen) / len(found):.0%} | {near / max(len(seen), 1):.0%} | {trials:.0f} | "
            f"{trials / grid:.0%} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
