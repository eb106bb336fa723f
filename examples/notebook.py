"""The source of notebook.ipynb: `make notebook` runs it and keeps what it shows.

As a script: python examples/notebook.py [RUN_DIR [OTHER_RUN_DIR]]
"""

# %% [markdown]
# # Reading a run in a notebook
#
# These are two of the runs committed under `results/reference/`: the bundled model, given its
# first chart in float32 and in bfloat16. Put the path of a run of your own in their place.

# %%
from __future__ import annotations

import sys
from collections import Counter
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
# ## Redraw one curve
#
# `run.curves` has one row per task and length; `run.acuities` maps each curve to its L50, or to
# the reason why there is none. Bars are 95 % Wilson intervals.

# %%
key = next((one for one in run.acuities if one.task == "copy_last"), next(iter(run.acuities)))
acuity = run.acuities[key]
points = run.curves[(run.curves[list(key._fields)] == list(key)).all(axis="columns")]
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
low = points["accuracy"] - points["accuracy_low"]
high = points["accuracy_high"] - points["accuracy"]
axes.errorbar(points["length"], points["accuracy"], [low, high], marker="o", capsize=3)
axes.set_xscale("log", base=2)
axes.set(xlabel="length (items)", ylabel="correct", title=f"{key.name}: L50 {acuity.l50}")
axes.set_ylim(-0.03, 1.03)
plt.show()

# %% [markdown]
# ## Compare two runs
#
# Both runs asked the same questions, so their answers are compared in pairs. A verdict says
# INCONCLUSIVE where so few questions can show neither a difference nor its absence.

# %%
for contrast in snellen.compare(run, other):
    print(f"{contrast.name}: {contrast.verdict}; {contrast.result.why}")

# %% [markdown]
# ## Explain one failed trial
#
# The prompt is not stored: it is rebuilt from the identity of the trial, and its hash proves that
# it is the one that was asked. `reading` names the rule that found the answer in the model's text.

# %%
mine = run.trials[(run.trials["task"] == key.task) & (run.trials["outcome"] == "wrong")]
if len(mine):
    trial = mine.sort_values(["length", "index"]).iloc[len(mine) // 2]
    asked = rebuild_trial(TrialId.from_dict(trial.to_dict()))
    print(asked.prompt.split("\n\n")[-1])
    print("-" * 60)
    print(f"read {trial['answer']!r} (rule: {trial['reading']}), the truth is {trial['truth']!r}")
    print("the prompt is the one that was asked:", asked.prompt_sha256 == trial["prompt_sha256"])

# %% [markdown]
# Why did it fail? A model that no longer sees the item it is asked for tends to answer with what
# it sees most. So count, over all wrong answers of this task, how many are just the most frequent
# item of their sequence.

# %%
majority = 0
for _, row in mine.iterrows():
    items = rebuild_trial(TrialId.from_dict(row.to_dict())).sequence.split()
    majority += row["answer"] == Counter(items).most_common(1)[0][0]
print(f"{majority} of {len(mine)} wrong answers repeat the most frequent item")
