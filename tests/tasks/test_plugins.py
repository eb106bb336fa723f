"""Plug-ins: tasks and lenses of installed packages, found through their entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from snellen.tasks.catalogue import Catalogue
from snellen.tasks.lenses import LENSES, Lens
from snellen.tasks.registry import TASKS
from snellen.tasks.task import Task

MODULE = """
from dataclasses import replace
from snellen.tasks.lenses import Lens
from snellen.tasks.task import Items, Task
from snellen.tasks.prompts.wording import Wording, ways_to_ask_for_only, ways_to_show

def vowels(draw, n):
    letters = [draw.pick("aeioubcdfg") for _ in range(n)]
    return Items(tuple(letters), truth=str(sum(one in "aeiou" for one in letters)))

WORDS = Wording(ways_to_show("text", "Text"), ("How many vowels are there?",),
                ways_to_ask_for_only("number"), "the number", "Hint: look twice.")
VOWELS = Task("count_vowels", "random letters; how many are vowels", vowels, WORDS)

def several():
    yield replace(VOWELS, name="count_vowels_twice")
    yield replace(VOWELS, name="count_vowels_thrice")

CLASH = replace(VOWELS, name="copy_last")
MODE = replace(VOWELS, name="copy_last_cot")
GROUP = replace(VOWELS, name="counting")
SHOUT = replace(VOWELS, name="Count Vowels")
NUMBER = 42
LOUD = Lens("loud", "in capitals", rewrite=str.upper)
DOTS = Lens("dots", "dots between items", write=lambda items, separator: " . ".join(items))

def broken():
    raise RuntimeError("no licence\\nfor this")
"""


def install(folder: Path, **entry_points: list[str]) -> None:
    """Put a package where Python finds it, the way that pip leaves one."""
    (folder / "vowels_for_snellen.py").write_text(MODULE)
    info = folder / "vowels_for_snellen-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: vowels-for-snellen\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(
        "".join(
            f"[snellen.{group}]\n" + "".join(f"{line}\n" for line in lines)
            for group, lines in entry_points.items()
        )
    )


def entry(name: str) -> str:
    return f"{name.lower()} = vowels_for_snellen:{name}"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package on the path, with what works and what does not."""
    missing = "missing = nowhere_to_be_found:X"
    install(
        tmp_path,
        tasks=[*map(entry, ("VOWELS", "several", "CLASH", "MODE", "GROUP", "SHOUT", "NUMBER")),
               entry("broken"), missing],
        lenses=[*map(entry, ("LOUD", "DOTS")), "wrong = vowels_for_snellen:VOWELS"],
    )  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path))


def tasks() -> Catalogue[Task]:
    return Catalogue("snellen.tasks", Task, TASKS.own.values(), TASKS._reserved)


@pytest.mark.usefixtures("installed")
def test_tasks_are_found_beside_our_own(caplog: pytest.LogCaptureFixture) -> None:
    catalogue = tasks()
    assert catalogue["count_ones"] is TASKS["count_ones"]
    assert not caplog.records  # nothing was looked for yet
    plugged = ["count_vowels", "count_vowels_thrice", "count_vowels_twice"]
    assert sorted(catalogue.plugged) == plugged
    assert list(catalogue)[: len(TASKS.own)] == list(TASKS.own)
    assert len(catalogue) == len(TASKS.own) + 3
    assert "copy_last" in catalogue
    assert catalogue["copy_last"].family == "copying"
    # No worked example, so no mode for it.
    assert catalogue["count_vowels"].modes == ("direct", "fewshot", "cot")


@pytest.mark.usefixtures("installed")
def test_what_does_not_work_is_named_in_a_line_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    catalogue = tasks()
    assert len(list(catalogue)) == len(list(catalogue)) == len(TASKS.own) + 3
    said = [record.getMessage() for record in caplog.records]
    assert all("\n" not in line and "(vowels-for-snellen)" in line for line in said)
    for name, why in {
        "broken": "cannot be loaded (RuntimeError: no licence for this)",
        "clash": "names a task 'copy_last', which is Snellen's own; rename it",
        "mode": "names a task 'copy_last_cot', which is Snellen's own",
        "group": "names a task 'counting', which is Snellen's own",
        "missing": "cannot be loaded (ModuleNotFoundError",
        "number": "gives 'int' where a snellen.Task is wanted",
        "shout": "a name is lower-case letters, digits and _",
    }.items():
        (line,) = [line for line in said if line.startswith(f"plug-in {name} = ")]
        assert why in line
        assert line.endswith("it is left out")
    assert len(said) == 7  # once, however often it was asked


@pytest.mark.usefixtures("installed")
def test_lenses_are_found_too(caplog: pytest.LogCaptureFixture) -> None:
    catalogue = Catalogue("snellen.lenses", Lens, LENSES.own.values())
    assert list(catalogue.plugged) == ["dots", "loud"]
    assert catalogue["loud"].change("Count it.") == "COUNT IT."
    assert catalogue["dots"].render(["1", "2"], " ") == "1 . 2"
    assert [record.getMessage() for record in caplog.records] == [
        "plug-in wrong = vowels_for_snellen:VOWELS (vowels-for-snellen) gives 'Task' where a "
        "snellen.Lens is wanted; it is left out"
    ]


def test_the_same_name_twice_is_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, tasks=["a = vowels_for_snellen:VOWELS", "b = vowels_for_snellen:VOWELS"])
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(tasks().plugged) == ["count_vowels"]


USE = """
import logging, sys, time
from snellen.tasks.registry import TASKS, find_task
assert "plugged" not in vars(TASKS)
find_task("count_ones")
assert "plugged" not in vars(TASKS), "looked for plug-ins too early"
from snellen.tasks.trial import build_trial
trial = build_trial(find_task("count_vowels"), "fewshot", "loud", 9, 0, 0)
assert trial.prompt.endswith("ANSWER:"), trial.prompt
assert trial.judge(trial.truth).outcome == "correct"
from snellen.tasks.yaml_files import YAML_FOLDER, yaml_folder
folder = yaml_folder()
assert folder != YAML_FOLDER and yaml_folder() == folder
assert {path.name for path in YAML_FOLDER.iterdir()} < {path.name for path in folder.iterdir()}
from lm_eval.tasks import TaskManager
manager = TaskManager(include_path=str(folder), include_defaults=False,
                      metadata={"lengths": [3, 5], "trials": 2})
for name in ("snellen_count_vowels", "snellen_count_vowels_cot", "snellen_count_ones_cot"):
    task = manager.load([name])["tasks"][name]
    assert [doc["length"] for doc in task.test_docs()] == [3, 5, 3, 5]
assert "snellen_count_vowels_choice" in manager.all_subtasks
assert "snellen_count_vowels" not in manager.load(["snellen_counting"])["tasks"]
print("used")
"""


def test_a_plugged_task_is_asked_and_found_by_stock_lm_eval(tmp_path: Path) -> None:
    package = tmp_path / "site"
    package.mkdir()
    install(package, tasks=[entry("VOWELS"), entry("broken")], lenses=[entry("LOUD")])
    link = tmp_path / "checkout"
    link.mkdir()
    (link / "snellen").symlink_to(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", USE],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"),
             "PYTHONPATH": os.pathsep.join(map(str, (link, package)))},
    )  # fmt: skip
    assert done.stdout == "used\n", done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "plug-in" in line]
    assert line == (
        "plug-in broken = vowels_for_snellen:broken (vowels-for-snellen) cannot be loaded "
        "(RuntimeError: no licence for this); it is left out"
    )
