"""The source of notebook.ipynb: `make notebook` runs it and keeps what it shows.

As a script: python examples/notebook.py [RUN_DIR [OTHER_RUN_DIR]]
"""

# %% [markdown]
# # A run, read in a notebook
#
# The runs are those that are committed under `results/reference/`: the bundled model, asked its
# first chart in two dtypes. Put the path of a run of your own instead.

# %%
from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import snellen
from snellen.tasks.trial import TrialId, rebuild_trial

given = [word for word in sys.argv[1:] if Path(word).is_dir()]
reference = Path("results/reference")
if not reference.is_dir():
    reference = Path("..") / reference
run = snellen.load_run(given[0] if given else reference / "float32")
other = snellen.load_run(given[-1] if given else reference / "bfloat16")
run  # noqa: B018 - a notebook shows it: the summary and the curves

# %% [markdown]
# ## One curve, drawn anew
#
# `run.curves` has a row for each task and length, `run.acuity` what may be said of it.

# %%
task = run.manifest.plan.tasks[0]
points = run.curves[run.curves["task"] == task]
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
low, high = (
    points["accuracy"] - points["accuracy_low"],
    points["accuracy_high"] - points["accuracy"],
)
axes.errorbar(points["length"], points["accuracy"], [low, high], marker="o", capsize=3)
axes.set_xscale("log", base=2)
axes.set(xlabel="length (items)", ylabel="correct", title=f"{task}: L50 {run.acuity(task)}")
axes.set_ylim(-0.03, 1.03)
plt.show()

# %% [markdown]
# ## Two runs compared
#
# The same questions were asked, so the answers are compared in pairs.

# %%
for contrast in snellen.compare(run, other):
    print(f"{contrast.name}: {contrast.verdict}; {contrast.result.why}")

# %% [markdown]
# ## One wrong answer, word for word

# %%
wrong = run.trials[run.trials["outcome"] == "wrong"].sort_values("length")
if len(wrong):
    trial = wrong.iloc[0]
    asked = rebuild_trial(TrialId.from_dict(trial.to_dict()))
    print(asked.prompt)
    print("-" * 60)
    print(f"read {trial['answer']!r} (rule: {trial['reading']}), the truth is {trial['truth']!r}")
