"""What a gate asks until it finds each planted fault, and whether it says where it begins.

The faults are those of the tests' proxy (tests/gate/gate_proxy.py): long prompts are spoiled from
a given number of tokens on (words here), and a model that reads prompts as they stand answers
what arrives (tests/gate/gate_servers.py). Every repeat has its own seed: other questions, another
level at which the fault begins. Beside each:

- a fixed grid with the same error rates: an exact one-sided sign test at every length (Bonferroni),
  with the pairs that find a drop of the margin at one length with the same power;
- 200 short questions (8 items), put to the same spoiled server, with a threshold of 5 points.

Run: python benchmarks/gate_faults.py [--repeats 100] [--fault NAME] [--wire 3]
     (--wire: so many of the repeats once more over HTTP, through the proxy itself)
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import snellen
from scipy.stats import binom, binomtest
from snellen.exams.gate.judging import Judgement
from snellen.exams.gate.levels import Level, levels_by_tokens, trial_of
from snellen.exams.gate.limits import Limits
from snellen.exams.gate.pairs import Judge
from snellen.exams.gate.result import GateResult, Verdict
from snellen.exams.gate.sides import Said
from snellen.exams.gate.verdict import Seen, conclude
from snellen.store.plan import Plan
from snellen.tasks.trial import Trial, TrialId, rebuild_trial

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT), str(ROOT / "tests" / "wire")]

from wireserver import Serving  # noqa: E402

from tests.gate import gate_proxy as proxy  # noqa: E402
from tests.gate.gate_servers import Server, read  # noqa: E402

PLAN = Plan(model="openai/m", tasks="lookup,copy_sequence,count_ones_bernoulli")
TOKENS = "128..4k"
STARTS = (512, 1024, 2048)
FAULTS: dict[str, proxy.Spoil] = {
    "middle dropped": proxy.drop_middle,
    "blocks of 16 shuffled": proxy.shuffle_blocks,
    "first tokens only": proxy.only_the_first,
    "another model for 20 %": proxy.leave,
    "lower precision": proxy.coarse,
}


def words(text: str) -> int:
    """Tokens as the proxy counts them."""
    return len(text.split(" "))


@dataclass
class Observer:
    """A server that reads what arrives.

    Attributes:
        spoil: what happens to long prompts on their way.
        start: from how many tokens on.
        share: of long prompts that another model answers, which sees nothing.
        dice: which.
        asked: requests so far.
        tokens: of their prompts.
    """

    spoil: proxy.Spoil = proxy.leave
    start: int = 1 << 60
    share: float = 0.0
    dice: random.Random | None = None
    asked: int = 0
    tokens: int = 0

    def ask(self, trials: Sequence[TrialId], at_once: int | None = None) -> dict[TrialId, Said]:
        """Its answers."""
        return {trial: self._one(trial) for trial in dict.fromkeys(trials)}

    def _one(self, trial: TrialId) -> Said:
        built, size, plain = _built(trial)
        self.asked, self.tokens = self.asked + 1, self.tokens + size
        if size < self.start:
            return plain
        if self.dice is not None and self.dice.random() < self.share:
            text = "12345"
        elif (prompt := self.spoil(built.prompt, self.start)) == built.prompt:
            return plain
        else:
            text = read(prompt)
        outcome = built.judge(text).outcome
        return Said(outcome == "correct", outcome, text, "stop", size)


@lru_cache(maxsize=2048)
def _built(trial: TrialId) -> tuple[Trial, int, Said]:
    """A trial, its size, and what a server says to it that nothing has spoiled."""
    built = rebuild_trial(trial)
    text, size = read(built.prompt), words(built.prompt)
    outcome = built.judge(text).outcome
    return built, size, Said(outcome == "correct", outcome, text, "stop", size)


def levels_of(plan: Plan) -> list[Level]:
    """The levels of a gate, in tokens."""
    return levels_by_tokens(list(plan.curves()), TOKENS, words, plan.seed)


def spoiled(fault: str, seed: int) -> Observer:
    """The spoiled server of a repeat."""
    share = 0.2 if fault.startswith("another") else 0.0
    return Observer(FAULTS[fault], STARTS[seed % 3], share, random.Random(f"{fault} {seed}"))


def once(fault: str, seed: int, judge: Judge = "either") -> tuple[GateResult, int, int]:
    """One gate: what it comes to, requests, tokens of their prompts."""
    plan = PLAN.model_copy(update={"seed": seed})
    bad = spoiled(fault, seed)
    a, again = Observer(), Observer()
    sides: list[Observer] = [a, bad, again]
    again_b = None
    if judge == "either":  # the same server, asked anew
        again_b = spoiled(fault, seed)
        again_b.dice = random.Random(f"again {fault} {seed}")
        sides.append(again_b)
    judged = Judgement(
        plan, list(plan.curves()), levels_of(plan), a, bad, again, twice="a", limits=Limits(),
        again_b=again_b, judge=judge,
    )  # fmt: skip
    judged.judge_all()
    found = conclude(
        judged, Seen("tokens"), requests={}, notes=[], about={},
        path=None,  # type: ignore[arg-type]
    )  # fmt: skip
    return found, sum(side.asked for side in sides), sum(side.tokens for side in sides)


def over_the_wire(fault: str, seed: int) -> GateResult:
    """The same gate through real servers and the proxy."""
    good: Any = Server(counts=words)
    blind: Any = Server(lambda prompt: "12345", counts=words)
    with Serving(good) as one, Serving(blind) as other, tempfile.TemporaryDirectory() as folder:
        root = one.root
        share = 0.2 if fault.startswith("another") else 0.0
        between: Any = proxy.Proxy(
            root, FAULTS[fault], STARTS[seed % 3], other=other.root if share else None, share=share
        )
        with Serving(between) as front:
            plan = PLAN.model_copy(update={"seed": seed, "base_url": f"{root}/v1"})
            return snellen.gate(
                plan, "openai/m", against_base_url=f"{front.root}/v1", tokens=TOKENS,
                out=Path(folder), concurrency=16,
            )  # fmt: skip


def short_gate_finds(fault: str, seed: int, questions: int = 200, threshold: float = 0.05) -> bool:
    """Whether 200 short questions show that the spoiled server is worse."""
    plan, bad, good = PLAN.model_copy(update={"seed": seed}), spoiled(fault, seed), Observer()
    curves = list(plan.curves())
    asked = [trial_of(plan, curves[i % len(curves)], 8, i) for i in range(questions)]
    right = [sum(said.right for said in side.ask(asked).values()) for side in (good, bad)]
    return right[1] < right[0] - threshold * questions


def fixed_grid(levels: int) -> int:
    """Pairs of a fixed grid with the same error rates."""
    limits, needed = Limits(), 1
    while 0.5**needed > limits.alpha / levels:
        needed += 1
    pairs = needed
    while binom.sf(needed - 1, pairs, limits.margin) < limits.power:
        pairs += 1
    return pairs * levels


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--fault", choices=FAULTS, action="append")
    parser.add_argument("--wire", type=int, default=0)
    args = parser.parse_args()
    sizes = [level.at for level in levels_of(PLAN) if not level.refines]
    grid = fixed_grid(len(sizes))
    # Requests and tokens of the grid: both sides, every length equally often.
    grid_tokens = 2 * grid * sum(sizes) / len(sizes)
    print(f"fixed grid: {grid} pairs at {len(sizes)} lengths, {2 * grid} requests")
    print(
        "| fault | found | 95 % | onset within an octave | trials | of the grid | requests | "
        "prompt tokens | of the grid | found by 200 short questions |"
    )
    print("|" + "---|" * 10)
    for fault in args.fault or FAULTS:
        runs = [(seed, *once(fault, seed)) for seed in range(args.repeats)]
        hits = [(seed, found) for seed, found, *_ in runs
                if found.verdict is Verdict.FAIL and found.worse == ("b",)]  # fmt: skip
        near = sum(_near(found, seed) for seed, found in hits)
        low, high = binomtest(len(hits), len(runs)).proportion_ci(method="exact")
        trials = median(found.trials for _, found, *_ in runs)
        tokens = median(one[3] for one in runs)
        short = sum(short_gate_finds(fault, seed) for seed in range(args.repeats))
        print(
            f"| {fault} | {len(hits)} of {len(runs)} | {low:.0%} to {high:.0%} | "
            f"{near} of {len(hits)} | {trials:.0f} | {trials / grid:.0%} | "
            f"{median(one[2] for one in runs):.0f} | {tokens:,.0f} | {tokens / grid_tokens:.0%} | "
            f"{short} of {args.repeats} |",
            flush=True,
        )
        for seed in range(args.wire):
            found = over_the_wire(fault, seed)
            print(f"  over HTTP, seed {seed}: {found.verdict}, onset {found.onset} of "
                  f"{STARTS[seed % 3]}, {found.trials} trials", flush=True)  # fmt: skip
    return 0


def _near(found: GateResult, seed: int) -> bool:
    start = STARTS[seed % 3]
    return found.onset is not None and start / 2 <= found.onset <= 2 * start


if __name__ == "__main__":
    sys.exit(main())
