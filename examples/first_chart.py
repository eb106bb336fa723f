"""The first chart: ask a model how far it can copy, and say where it goes blind.

python examples/first_chart.py [MODEL]
"""

from __future__ import annotations

import sys

import snellen

model = sys.argv[1] if len(sys.argv) > 1 else "bundled"
plan = snellen.Plan(
    model=model, tasks="copy_last,copy_sequence", modes="fewshot", lengths="1,4,16", trials=3
)
run = snellen.run(plan)

for key in run.acuities:
    acuity = run.acuity(key.task)
    print(f"{key.task}: L50 {acuity}{f' ({acuity.reason})' if acuity.reason else ''}")
print(f"report: {run.report}")
