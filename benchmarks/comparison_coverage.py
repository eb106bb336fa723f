"""How often the verdict on two models is right: simulated pairs of observers on the same prompts.

    python benchmarks/comparison_coverage.py [--pairs 200] [--seed 0] [--write]

With --write the table replaces that in docs/statistics.md.
"""

import argparse
from pathlib import Path

import numpy as np
from snellen.stats.intervals import wilson
from snellen.stats.paired import Comparison, Verdict, compare
from snellen.stats.psychometric import Family, Psychometric

LENGTHS = np.unique(np.rint(np.geomspace(1, 1024, 11)).astype(int))
TRIALS = 30
MARGIN = 1.25
DOC = Path(__file__).parents[1] / "docs" / "statistics.md"


def draw_pair(octaves: float, rng: np.random.Generator) -> tuple[Comparison, float]:
    """Compare two observers whose L50 lie so many octaves apart; the comparison and the truth.

    The second also has its own lapse rate, and shares the luck of a prompt with the first in a
    share of the trials that is drawn anew for each pair.
    """
    family = Family(float(rng.choice([0.0, 0.1])))
    width = float(np.exp2(rng.uniform(np.log2(0.3), np.log2(8))))
    lapses = rng.uniform(0, 0.1, 2) * (octaves != 0)
    threshold = float(rng.uniform(3, 7))
    a = Psychometric(family, threshold, width, float(lapses[0]))
    b = Psychometric(family, threshold + octaves, width, float(lapses[1]))
    shape = (LENGTHS.size, TRIALS)
    shared = rng.random(shape) < rng.uniform(0, 1)
    luck_a, luck_b = rng.random(shape), rng.random(shape)
    right_a = luck_a < a.accuracy(LENGTHS)[:, None]
    right_b = np.where(shared, luck_a, luck_b) < b.accuracy(LENGTHS)[:, None]
    answers_a, answers_b = (
        {(int(n), i): bool(right[j, i]) for j, n in enumerate(LENGTHS) for i in range(TRIALS)}
        for right in (right_a, right_b)
    )
    found = compare(answers_a, answers_b, chance=family.chance, margin=MARGIN)
    return found, float(np.exp2(octaves))


def share(k: int, n: int) -> str:
    low, high = wilson(k, n)
    return f"{k / n:.1%} ({low:.1%} to {high:.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=200, help="per row of the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    lines = [
        f"| true ratio of L50 | pairs of models | ratio in its interval | {' | '.join(Verdict)} |",
        "|---|---|---|" + "---|" * len(Verdict),
    ]
    rng = np.random.default_rng(options.seed)
    for octaves in (0.0, 0.25, 0.5, -1.0):
        found = [draw_pair(octaves, rng) for _ in range(options.pairs)]
        held = sum(c.ratio_interval.low <= truth <= c.ratio_interval.high for c, truth in found)
        said = [share(sum(c.verdict is v for c, _ in found), len(found)) for v in Verdict]
        lines.append(
            f"| {2**octaves:.2f} | {len(found)} | {share(held, len(found))} | {' | '.join(said)} |"
        )
    text = "\n".join(lines)
    print(text)
    if options.write:
        start, end = "<!-- comparison -->\n", "<!-- /comparison -->"
        doc = DOC.read_text()
        before, rest = doc.split(start)
        DOC.write_text(before + start + text + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
