"""What to type in a notebook; run as a script it says the same.

python examples/notebook.py RUN_DIR
"""

# %%
from __future__ import annotations

import sys

import snellen

run = snellen.load_run(sys.argv[1])
run  # noqa: B018 - in a notebook this shows the summary and the curves

# %% Which answers came up most often, beside the truth?
wrong = run.trials[run.trials["outcome"] == "wrong"]
print(wrong.groupby("task")["answer"].value_counts().head(10))

# %% One failed trial, word for word
if len(wrong):
    row = wrong.iloc[0]
    print(f"{row.task}, length {row.length}: said {row.answer}, the truth is {row.truth}")
