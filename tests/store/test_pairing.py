"""Which curves and trials of two runs asked the same questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import InputError
from snellen.store.answers import Failure, Reply
from snellen.store.pairing import LoadedRun, load_run, pairings, within_run
from snellen.store.plan import Plan
from snellen.store.run_directory import open_run
from snellen.store.trials import trial_row, trial_table, write_trials

Make = Callable[..., LoadedRun]


@pytest.fixture
def made(tmp_path: Path, plan: Plan) -> Make:
    """``made(name, **fields)``: a finished run of the plan with those fields changed."""

    def make(name: str, *, fails: int = 0, **fields: Any) -> LoadedRun:
        changed = plan.model_copy(update=fields)
        trials = list(changed.build_trials())
        documents = [(trial.prompt_sha256, trial.truth) for trial in trials]
        where = open_run(tmp_path, changed, {"engine": "test"}, documents, run_id=name)
        results: list[Reply | Failure] = [Reply(trial.truth) for trial in trials]
        results[:fails] = [Failure("500", 500)] * fails
        rows = [trial_row(name, "m", t, r) for t, r in zip(trials, results, strict=True)]
        write_trials(where.trials_path, trial_table(rows))
        return load_run(where.path)

    return make


def test_equal_curves_are_paired_by_length_and_index(made: Make) -> None:
    found = pairings(made("a"), made("b", lengths=(12, 30), trials=3))
    assert [(pair.a, pair.b) for pair in found] == [
        ((task, mode, "free", "none"), (task, mode, "free", "none"))
        for task in ("count_ones", "copy_sequence")
        for mode in ("direct", "cot")
    ]
    common = found[0].answers_a.keys() & found[0].answers_b.keys()
    assert common == {(12, 0), (12, 1)}
    assert set(found[0].answers_a.values()) == {True}
    assert [pair.name for pair in found[:2]] == ["count_ones", "count_ones (cot)"]


def test_single_curves_are_paired_across_modes_and_lenses(made: Make) -> None:
    one = made("a", tasks=("count_ones",), modes=("direct",))
    other = made("b", tasks=("count_ones",), modes=("cot",), lenses=("comma",))
    (pair,) = pairings(one, other)
    assert pair.name == "count_ones (direct → cot, none → comma)"


def test_lenses_of_one_run_are_paired(made: Make) -> None:
    run = made("a", tasks=("count_ones",), lenses=("none", "comma", "hint"))
    found = within_run(run, "none")
    assert [(pair.a[1:], pair.b[1:]) for pair in found] == [
        ((mode, "free", "none"), (mode, "free", lens))
        for mode in ("direct", "cot")
        for lens in ("comma", "hint")
    ]


def test_failed_requests_are_not_paired(made: Make) -> None:
    (pair, *_) = pairings(made("a"), made("b", fails=2))
    assert len(pair.answers_a) == 4
    assert pair.answers_a.keys() - pair.answers_b.keys() == {(1, 0), (12, 0)}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"seed": 1}, ["seed (0 and 1)"]),
        ({"seed": 1, "lengths": (3,)}, ["seed (0 and 1)", "lengths ((1, 12) and (3,))"]),
        ({"lengths": (3,)}, ["no trial in common", "lengths"]),
        ({"tasks": ("sum_ones",)}, ["no trial in common", "tasks"]),
    ],
)
def test_what_differs_is_named(made: Make, fields: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        pairings(made("a"), made("b", **fields))
    assert all(name in str(caught.value) for name in names)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        load_run(tmp_path)
