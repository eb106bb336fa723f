"""Plans, manifests and run directories: the same command finds its run, another is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError
from snellen.store.manifest import (
    Manifest,
    first_difference,
    read_manifest,
    write_manifest,
)
from snellen.store.plan import Plan
from snellen.store.run_directory import RunDirectory, documents_sha256, find_run, folder_name
from snellen.store.run_directory import open_run as open_documents
from snellen.support.files import write_atomically
from snellen.tasks.modes import MODES
from snellen.tasks.registry import TASKS

NUMERICS = {"engine": "test", "dtype": "float32"}


def documents(plan: Plan) -> list[tuple[str, str]]:
    return [(trial.prompt_sha256, trial.truth) for trial in plan.build_trials()]


def open_run(
    out: Path, plan: Plan, numerics: dict[str, Any], run_id: str | None = None, **more: Any
) -> RunDirectory:
    return open_documents(out, plan, numerics, documents(plan), run_id=run_id, **more)


def test_a_plan_asks_what_it_says(plan: Plan) -> None:
    asked = list(plan.trial_ids())
    assert len(asked) == len(set(asked)) == 2 * 2 * 2 * 2
    first = [(t.task, t.mode, t.length, t.index) for t in asked[:4]]
    assert first == [("count_ones", "direct", n, i) for i in (0, 1) for n in (1, 12)]


def test_a_task_is_asked_in_the_modes_and_lenses_that_it_has() -> None:
    plan = Plan(
        model="m",
        tasks=("count_ones", "paper_count_ones", "paper_copy_last"),
        modes=("direct", "cot"),
        lenses=("none", "hint"),
    )
    assert list(plan.curves()) == [
        ("count_ones", "direct", "free", "none"),
        ("count_ones", "direct", "free", "hint"),
        ("count_ones", "cot", "free", "none"),
        ("count_ones", "cot", "free", "hint"),
        ("paper_count_ones", "direct", "free", "none"),
        ("paper_count_ones", "cot", "free", "none"),
        ("paper_copy_last", "direct", "free", "none"),
    ]
    assert plan.lengths_of(TASKS["paper_copy_last"]) == tuple(range(100, 501, 50))
    assert (plan.trials_of(TASKS["count_ones"]), plan.trials_of(TASKS["paper_copy_last"])) == (
        10,
        1,
    )


OTHER: list[dict[str, Any]] = [
    {"model": "test/other"}, {"base_url": "http://127.0.0.1:1"}, {"tasks": ("count_ones",)},
    {"modes": ("direct",)}, {"lenses": ("comma",)}, {"lengths": (1, 13)}, {"trials": 3},
    {"seed": 1}, {"max_tokens": 9}, {"temperature": 0.5}, {"top_p": 0.9}, {"sampling_seed": 1},
    {"reasoning_effort": "low"}, {"chat": False}, {"model_args": {"x": 1}},
]  # fmt: skip


@pytest.mark.parametrize("change", OTHER, ids=lambda change: next(iter(change)))
def test_a_plan_that_differs_has_another_name(plan: Plan, change: dict[str, Any]) -> None:
    other = plan.model_copy(update=change)
    assert other.run_id(NUMERICS) != plan.run_id(NUMERICS)


def test_the_name_of_a_run_never_changes(plan: Plan) -> None:
    """A later version must find the runs of this one."""
    asked = (
        '[{"lengths":[1,12],"model":"test/model","modes":["direct","cot"],'
        '"tasks":["count_ones","copy_sequence"],"trials":2},'
        '{"dtype":"float32","engine":"test"}]'
    )
    name = hashlib.sha256(asked.encode()).hexdigest()[:8]
    assert plan.run_id(NUMERICS) == f"count_ones-and-1-{name}"
    assert plan.run_id(NUMERICS | {"dtype": "bfloat16"}) != plan.run_id(NUMERICS)
    assert Plan.model_validate_json(plan.model_dump_json()).run_id(NUMERICS) == plan.run_id(
        NUMERICS
    )


FIRST = (
    "sum_ones", "sum_digits", "count_ones", "count_ones_bernoulli", "count_word", "copy_last",
    "copy_first", "copy_last_interleaved", "copy_first_interleaved", "copy_sequence",
)  # fmt: skip
PAPER = tuple(name for name in TASKS.own if name.startswith("paper_"))
UNGROUPED = ("none", "comma", "newline", "question_first", "repeat")
LENSES = ("none", "comma", "newline", "group3", "group10", "question_first", "repeat")


@pytest.mark.parametrize(
    ("tasks", "modes", "lenses", "pinned"),
    [
        # As the first release asked them.
        (FIRST[2:] + PAPER, ("direct",), LENSES, "f4cee303c1d39dc6"),
        # Sums without the groups of three and ten, which stood in brackets.
        (FIRST[:2], ("direct",), UNGROUPED, "c8f1ed2e161c0ffb"),
        (FIRST[:5], ("direct",), ("hint",), "60c0c0561604b428"),
        (PAPER, ("direct", "cot", "cot_fewshot"), ("none",), "a2a07bee8be37940"),
        # All of today's.
        (tuple(TASKS.own), MODES, (*LENSES, "hint"), "389648018a0ef82f"),
    ],
    ids=["direct", "sums", "hint", "paper", "all"],
)
def test_the_documents_of_a_plan_never_change_within_a_version(
    tasks: tuple[str, ...], modes: tuple[str, ...], lenses: tuple[str, ...], pinned: str
) -> None:
    """If this fails, a prompt or a truth changed: raise the task's version."""
    asked = Plan(model="m", tasks=tasks, modes=modes, lenses=lenses, lengths=(1, 7), trials=3)
    assert documents_sha256(documents(asked))[:16] == pinned


@pytest.mark.parametrize(
    ("model", "folder"),
    [
        ("bundled", "bundled"),
        ("vllm/Org/Name-1.5", "vllm__Org__Name-1.5"),
        ("hf//some/folder/", "hf____some__folder"),
        ("a b:c*?", "a_b_c__"),
        ("..", "_"),
        ("../../x", "___..__x"),
        ("/", "_"),
        ("", "_"),
    ],
)
def test_a_folder_name_is_one_folder(model: str, folder: str) -> None:
    assert folder_name(model) == folder
    assert len(Path(folder).parts) == 1


def test_the_same_command_finds_its_run(tmp_path: Path, plan: Plan) -> None:
    first = open_run(tmp_path, plan, NUMERICS)
    again = open_run(tmp_path, plan, NUMERICS)
    assert first.path == again.path == tmp_path / "test__model" / plan.run_id(NUMERICS)
    assert again.manifest == first.manifest
    assert again.manifest.asked == 16
    kept = json.loads((again.path / "manifest.json").read_text())
    assert kept["plan"]["lengths"] == [1, 12]
    assert {"snellen", "python", "lm_eval"} <= set(kept["versions"])
    assert kept["documents_sha256"] == documents_sha256(documents(plan))


@pytest.mark.parametrize("change", OTHER[2:], ids=lambda change: next(iter(change)))
def test_a_run_of_another_plan_is_refused_by_field(
    tmp_path: Path, plan: Plan, change: dict[str, Any]
) -> None:
    open_run(tmp_path, plan, NUMERICS, "mine")
    before = (tmp_path / "test__model/mine/manifest.json").read_bytes()
    with pytest.raises(InputError, match=f"{next(iter(change))} was .* and is now "):
        open_run(tmp_path, plan.model_copy(update=change), NUMERICS, "mine")
    assert (tmp_path / "test__model/mine/manifest.json").read_bytes() == before


def test_a_run_on_another_engine_is_refused_by_field(tmp_path: Path, plan: Plan) -> None:
    open_run(tmp_path, plan, NUMERICS, "mine")
    with pytest.raises(InputError, match="dtype was 'float32' and is now 'float16'"):
        open_run(tmp_path, plan, NUMERICS | {"dtype": "float16"}, "mine")
    with pytest.raises(InputError, match="flag was None and is now 1"):
        open_run(tmp_path, plan, NUMERICS | {"flag": 1}, "mine")


def test_a_run_on_another_server_is_refused(tmp_path: Path, plan: Plan) -> None:
    open_run(tmp_path, plan, NUMERICS, "mine", endpoint="http://127.0.0.1:1/v1")
    with pytest.raises(InputError, match=r"the server asked was .*:1/v1 and is now"):
        open_run(tmp_path, plan, NUMERICS, "mine", endpoint="http://127.0.0.1:2/v1")


def test_a_run_from_before_endpoints_were_kept_is_resumed(tmp_path: Path, plan: Plan) -> None:
    open_run(tmp_path, plan, NUMERICS, "mine")
    again = open_run(tmp_path, plan, NUMERICS, "mine", endpoint="http://127.0.0.1:2/v1")
    assert again.manifest.endpoint == "http://127.0.0.1:2/v1"


def test_a_plan_takes_what_the_command_line_takes() -> None:
    plan = Plan(model="m", tasks="count_ones,snellen_copying", modes="cot,direct", lengths="1:9:4")
    assert plan.tasks[:2] == ("count_ones", "copy_last")
    assert (plan.modes, plan.lengths) == (("cot", "direct"), (1, 5, 9))
    with pytest.raises(InputError, match="unknown task 'count_sheep'"):
        Plan(model="m", tasks="count_sheep")
    with pytest.raises(InputError, match="has no mode 'cot'"):
        Plan(model="m", tasks="paper_copy_last", modes="cot")


def test_the_manifest_of_a_task_that_is_not_installed_can_be_read(
    tmp_path: Path, plan: Plan
) -> None:
    run = open_run(tmp_path, plan, NUMERICS)
    path = run.path / "manifest.json"
    path.write_text(path.read_text().replace('"count_ones"', '"count_sheep"'))
    assert read_manifest(path).plan.tasks == ("count_sheep", "copy_sequence")


def test_changed_generators_are_refused(tmp_path: Path, plan: Plan) -> None:
    run = open_run(tmp_path, plan, NUMERICS)
    run.update(documents_sha256="0" * 64)
    with pytest.raises(InputError, match="documents_sha256"):
        open_run(tmp_path, plan, NUMERICS)


def test_where_nothing_can_be_written(tmp_path: Path, plan: Plan) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for out in (file, file / "under"):
        with pytest.raises(InputError, match="not a folder"):
            open_run(out, plan, NUMERICS)
    assert file.read_text() == "mine"
    with pytest.raises(InputError, match="cannot be written"):
        open_run(Path("/proc/none"), plan, NUMERICS)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not a manifest"),
        (b"[]", "not a manifest"),
        (b"\xff\xfe", "not a manifest"),
        (b'{"run_id": "x"}', "plan: Field required"),
        (b'{"run_id": 1, "plan": {"model": "m", "tasks": []}}', "run_id"),
    ],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        read_manifest(path)
    assert "\n" not in str(caught.value)


def test_a_manifest_of_a_newer_version_is_refused(tmp_path: Path, plan: Plan) -> None:
    run = open_run(tmp_path, plan, NUMERICS)
    write_manifest(
        run.path / "manifest.json", run.manifest.model_copy(update={"schema_version": 9})
    )
    with pytest.raises(InputError, match="upgrade snellen"):
        open_run(tmp_path, plan, NUMERICS)


def test_manifests_round_trip(tmp_path: Path, plan: Plan) -> None:
    made = Manifest(run_id="r", plan=plan, documents_sha256="0" * 64, created="2026-01-01")
    write_manifest(tmp_path / "manifest.json", made)
    assert read_manifest(tmp_path / "manifest.json") == made
    with pytest.raises(InputError, match="cannot read"):
        read_manifest(tmp_path / "none.json")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"


def test_differences_are_found_in_order() -> None:
    assert first_difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) is None
    assert first_difference({"a": 1, "b": 2}, {"a": 1, "b": 3}) == "b was 2 and is now 3"
    assert first_difference({}, {"c": [1]}) == "c was None and is now [1]"


HOLDER = """
import sys
from pathlib import Path
from snellen.store.run_directory import find_run
with find_run(Path(sys.argv[1])).journal():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_write_one_run(tmp_path: Path, plan: Plan) -> None:
    run = open_run(tmp_path, plan, NUMERICS)
    with run.journal():
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="in use by another snellen process"), run.journal():
            pass
        other.kill()  # a lock does not outlive its process, however that ended
    with run.journal() as journal:
        assert list(journal.entries()) == []


def test_what_is_no_run_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        find_run(tmp_path)
