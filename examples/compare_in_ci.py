"""A step of a CI job: does the model still see as far as the run that is kept?

Asks the questions of the kept run again and compares in pairs. Ends with exit code 1 where the
model is shown to be worse on any curve.

python examples/compare_in_ci.py BASELINE_RUN [MODEL]
"""

from __future__ import annotations

import sys

import snellen

baseline = snellen.load_run(sys.argv[1])
model = sys.argv[2] if len(sys.argv) > 2 else baseline.manifest.plan.model
run = snellen.run(baseline.manifest.plan.model_copy(update={"model": model}), out="ci-results")

worse = False
for contrast in snellen.compare(baseline, run):
    print(f"{contrast.name}: {contrast.verdict}: {contrast.result.why}")
    worse |= contrast.verdict == "WORSE"
sys.exit(1 if worse else 0)
