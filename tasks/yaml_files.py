"""The YAML files by which lm-eval finds the tasks, written from the catalogue.

``python -m snellen.tasks.yaml_files`` rewrites them; a test holds them against the catalogue.
lm-eval finds tasks by file only, one name per file, so every task has one per mode.
"""

from __future__ import annotations

from .answer_length import answer_tokens
from .documents import CHART
from .registry import MODES, PREFIX, TASKS, Task, harness_name

FAMILIES = ("counting", "copying", "summing")
_LONGEST = 128
"""lm-eval sets one token limit per task: the one for the longest standard length."""


def chart_files() -> dict[str, str]:
    """File names and texts of all task and group files."""
    files = {
        f"{harness_name(task.name, mode).removeprefix(PREFIX)}.yaml": _task_file(task, mode)
        for task in TASKS.values()
        for mode in task.modes
    }
    for mode in MODES:
        for family in FAMILIES:
            members = [harness_name(t.name, mode) for t in _of_family(family)]
            files[_group_file_name(family, mode)] = _group_file(harness_name(family, mode), members)
        subgroups = [harness_name(family, mode) for family in FAMILIES]
        whole = harness_name("", mode).replace("__", "_").rstrip("_")
        files[_group_file_name("all", mode)] = _group_file(whole, subgroups)
    paper = [harness_name(t.name, mode) for t in _of_family("paper") for mode in t.modes]
    files[_group_file_name("paper", "direct")] = _group_file(f"{PREFIX}paper", paper)
    return files


def file_limit(task: Task, mode: str) -> int:
    """The token limit in a task's file: what its longest standard length needs."""
    return answer_tokens(task, mode, max(task.lengths or (_LONGEST,)))


def _of_family(family: str) -> list[Task]:
    return [task for task in TASKS.values() if task.family == family]


def _task_file(task: Task, mode: str) -> str:
    return f"""\
include: _task_yaml
task: {harness_name(task.name, mode)}
dataset_kwargs:
  snellen_task: {task.name}
  snellen_mode: {mode}
generation_kwargs:
  until: []
  do_sample: false
  temperature: 0.0
  max_gen_toks: {file_limit(task, mode)}
metadata:
  version: {task.version}
"""


def _group_file_name(group: str, mode: str) -> str:
    return "group_" + harness_name(group, mode).removeprefix(PREFIX) + ".yaml"


def _group_file(name: str, members: list[str]) -> str:
    lines = "\n".join(f"  - {member}" for member in members)
    return f"""\
group: {name}
task:
{lines}
aggregate_metric_list:
  - metric: exact_match
    aggregation: mean
    weight_by_size: true
metadata:
  version: 1
"""


if __name__ == "__main__":
    for old in CHART.glob("*.yaml"):
        old.unlink()
    for file_name, text in chart_files().items():
        (CHART / file_name).write_text(text)
