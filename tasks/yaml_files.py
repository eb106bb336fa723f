"""The YAML files by which lm-eval finds the tasks, written from the catalogue.

``python -m snellen.tasks.yaml_files`` rewrites them; a test holds them against the catalogue.
lm-eval finds tasks by file only, one name per file, so every task has one per mode.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError
from .answer_length import answer_tokens
from .modes import MODES
from .prompts.compose import stop_texts
from .registry import FAMILIES, GROUPS, PREFIX, TASKS, harness_name
from .task import Task

YAML_FOLDER = Path(__file__).parent / "yaml"
"""The files of Snellen's own tasks, as installed."""

_SHARED = ("_task_yaml", "_choice_yaml")
"""What all tasks of a type share, written by hand; lm-eval indexes only what ends in .yaml."""

_LONGEST = 128
"""lm-eval sets one token limit per task: the one for the longest standard length."""


def yaml_folder() -> Path:
    """The folder for lm-eval's ``--include_path``.

    Where plug-ins bring tasks, lm-eval needs files for them too: then it is a folder of the
    user's cache that holds those of all tasks, written when its content changes.

    Raises:
        InputError: that folder cannot be written.
    """
    if not TASKS.plugged:
        return YAML_FOLDER
    from platformdirs import user_cache_path

    files = {name: (YAML_FOLDER / name).read_text(encoding="utf-8") for name in _SHARED}
    files |= yaml_files(TASKS.values())
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    folder = user_cache_path("snellen") / "lm-eval-tasks" / digest
    if not folder.is_dir():
        try:
            _write_folder(folder, files)
        except OSError as error:
            raise InputError(
                f"cannot write {folder}, the folder of tasks with those of plug-ins: "
                f"{error.strerror}; set XDG_CACHE_HOME to a folder that can be written"
            ) from error
    return folder


def _write_folder(folder: Path, files: dict[str, str]) -> None:
    """Write a folder that appears whole or not at all, whoever else writes the same one."""
    import tempfile

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as whole:
        made = Path(whole) / "made"
        made.mkdir()
        for name, text in files.items():
            (made / name).write_text(text, encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def file_limit(task: Task, mode: str) -> int:
    """The token limit in a task's file: what its longest standard length needs."""
    return answer_tokens(task, mode, max(task.lengths or (_LONGEST,)))


def yaml_files(tasks: Iterable[Task]) -> dict[str, str]:
    """File names and texts of the files of tasks, and of all groups."""
    files = {}
    for task in tasks:
        for mode in task.modes:
            files[_file_name(harness_name(task.name, mode))] = _task_file(task, mode)
        if task.takes_lenses:
            files[_file_name(choice_name(task.name))] = _choice_file(task)
    return files | _group_files()


def choice_name(task: str) -> str:
    """The name under which lm-eval knows the multiple-choice form of a task, or of a group."""
    return f"{PREFIX}{task}_choice" if task else f"{PREFIX}choice"


def _file_name(name: str) -> str:
    return f"{name.removeprefix(PREFIX)}.yaml"


def _task_file(task: Task, mode: str) -> str:
    stop = stop_texts(task, mode)
    until = "".join(f"\n    - {json.dumps(text, ensure_ascii=False)}" for text in stop) or " []"
    return f"""\
include: _task_yaml
task: {harness_name(task.name, mode)}
dataset_kwargs:
  snellen_task: {task.name}
  snellen_mode: {mode}
generation_kwargs:
  until:{until}
  do_sample: false
  temperature: 0.0
  max_gen_toks: {file_limit(task, mode)}
metadata:
  version: {task.version_of(mode, "none")}
"""


def _choice_file(task: Task) -> str:
    return f"""\
include: _choice_yaml
task: {choice_name(task.name)}
dataset_kwargs:
  snellen_task: {task.name}
metadata:
  version: {task.version_of("direct", "none")}
"""


def _group_files() -> dict[str, str]:
    files = {}
    groups = {family: GROUPS[PREFIX + family] for family in FAMILIES if PREFIX + family in GROUPS}
    alone = [name for name in GROUPS["snellen"] if all(name not in g for g in groups.values())]
    for mode in MODES:
        for family, names in groups.items():
            members = [harness_name(name, mode) for name in names]
            files[_group_file_name(family, mode)] = _group_file(harness_name(family, mode), members)
        members = [harness_name(name, mode) for name in (*groups, *alone)]
        whole = harness_name("", mode).replace("__", "_").rstrip("_")
        files[_group_file_name("all", mode)] = _group_file(whole, members)
    paper = [harness_name(name, m) for name in GROUPS[f"{PREFIX}paper"] for m in TASKS[name].modes]
    files[_group_file_name("paper", "direct")] = _group_file(f"{PREFIX}paper", paper)
    of_choice = [choice_name(name) for name in GROUPS["snellen"]]
    files["group_choice.yaml"] = _group_file(choice_name(""), of_choice, metric="acc")
    return files


def _group_file_name(group: str, mode: str) -> str:
    return "group_" + _file_name(harness_name(group, mode))


def _group_file(name: str, members: list[str], metric: str = "exact_match") -> str:
    lines = "\n".join(f"  - {member}" for member in members)
    return f"""\
group: {name}
task:
{lines}
aggregate_metric_list:
  - metric: {metric}
    aggregation: mean
    weight_by_size: true
metadata:
  version: 1
"""


if __name__ == "__main__":
    for old in YAML_FOLDER.glob("*.yaml"):
        old.unlink()
    for file_name, text in yaml_files(TASKS.own.values()).items():
        (YAML_FOLDER / file_name).write_text(text, encoding="utf-8")
