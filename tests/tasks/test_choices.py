"""Multiple choice: the truth and three others, through lm-eval with a model of known mind."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import lm_eval
import numpy as np
import pytest
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager
from scipy.stats import binom, chisquare
from snellen.errors import InputError
from snellen.tasks.chance import CHOICES
from snellen.tasks.choices import choices
from snellen.tasks.documents import choice_documents, process_choice
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import Task
from snellen.tasks.trial import Trial, build_trial
from snellen.tasks.yaml_files import YAML_FOLDER

TRIALS = 300
OWN = [task for task in TASKS.values() if task.family in FAMILIES]
every_task = pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)


@every_task
def test_choices_are_different_and_hold_the_truth(task: Task) -> None:
    places: Counter[int] = Counter()
    for length in (4, 5, 10, 77):
        for index in range(25):
            offered, gold = choices(task, length, index, 0)
            assert len(set(offered)) == len(offered) == CHOICES
            trial = build_trial(task, "direct", "none", length, index, 0)
            assert offered[gold] == trial.truth
            places[gold] += 1
            assert (offered, gold) == choices(task, length, index, 0)
    assert chisquare([places[place] for place in range(CHOICES)]).pvalue > 1e-6


def others(task: str, length: int, index: int = 0) -> set[str]:
    offered, gold = choices(TASKS[task], length, index, 0)
    return {*offered} - {offered[gold]}


def test_other_choices_are_one_less_one_more_and_the_likeliest_other() -> None:
    assert others("count_ones", 42) == {"41", "43", "40"}
    assert others("count_ones", 40) == {"39", "41", "50"}
    assert others("sum_ones", 1) == {"0", "2", "10"}
    for index in range(20):
        trial = build_trial(TASKS["count_ones_bernoulli"], "direct", "none", 60, index, 0)
        wanted = {str(int(trial.truth) + step) for step in (-1, 1)}
        assert others("count_ones_bernoulli", 60, index) == wanted | {str(60 - int(trial.truth))}
        copy = build_trial(TASKS["copy_last"], "direct", "none", 60, index, 0)
        (majority,) = {*copy.facts.symbols} - {copy.truth}
        assert majority in others("copy_last", 60, index)
        code = build_trial(TASKS["lookup"], "direct", "none", 60, index, 0)
        assert others("lookup", 60, index) < {*code.facts.symbols}
    lengths = {len(other.split()) for other in others("copy_sequence", 9)}
    assert lengths == {8, 9, 10}
    for index in range(20):
        truth = build_trial(TASKS["copy_sequence"], "direct", "none", 9, index, 0).truth
        # The beginning of an answer is always likelier than the answer.
        assert not any(truth.startswith(other) for other in others("copy_sequence", 9, index))


def test_no_count_is_below_zero() -> None:
    for index in range(200):
        offered, _ = choices(TASKS["count_ones_bernoulli"], 1, index, 0)
        assert min(map(int, offered)) == 0


@pytest.mark.parametrize(("task", "length"), [("lookup", 3), ("copy_sequence", 1), ("lookup", 1)])
def test_a_length_without_four_different_answers_is_refused(task: str, length: int) -> None:
    with pytest.raises(InputError, match=rf"length {length} of {task} leaves fewer than 4"):
        choice_documents(snellen_task=task, lengths=[8, length], trials=1)


def test_what_is_scored() -> None:
    doc = {"choices": ["41", "42", "43", "40"], "gold": 1}
    scored = process_choice(doc, [(-3.0, False), (-1.0, True), (-4.0, False), (-9.0, False)])
    assert scored == {"acc": 1.0, "log_odds": 2.0, "answer": "42"}
    scored = process_choice(doc, [(-0.5, True), (-1.0, False), (-4.0, False), (-9.0, False)])
    assert scored == {"acc": 0.0, "log_odds": -0.5, "answer": "41"}
    assert process_choice(doc, [(-1.0, False)] * 4)["acc"] == 0.0


class Mind(LM):  # type: ignore[misc]  # lm-eval is untyped
    """Likes short answers, and the truth best of all if it sees."""

    def __init__(self, *, sees: bool) -> None:
        super().__init__()
        self.sees = sees
        self.asked: list[tuple[str, str]] = []

    def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        self.asked += [request.args for request in requests]
        return [
            (
                -float(len(request.args[1]))
                + 50 * (self.sees and request.args[1].strip() == request.doc["truth"]),
                False,
            )
            for request in requests
        ]

    def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
        raise NotImplementedError

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        raise NotImplementedError


@pytest.mark.parametrize("sees", [True, False])
def test_lm_eval_scores_the_choices(sees: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
    mind = Mind(sees=sees)
    found = lm_eval.simple_evaluate(
        model=mind,
        tasks=["snellen_choice"],
        task_manager=TaskManager(
            include_path=str(YAML_FOLDER),
            include_defaults=False,
            metadata={"lengths": [6, 12], "trials": 4},
        ),
        bootstrap_iters=0,
    )
    assert len(mind.asked) == len(OWN) * 8 * CHOICES
    prompt, choice = mind.asked[0]
    assert not prompt.endswith(" ")
    assert choice.startswith(" ")
    scores = {name: found["results"][name] for name in found["results"] if name != "snellen_choice"}
    assert set(scores) == {f"snellen_{task.name}_choice" for task in OWN}
    for score in scores.values():
        assert math.isfinite(score["log_odds,none"])
    group = found["results"]["snellen_choice"]["acc,none"]
    assert group == 1.0 if sees else group < 0.6


def guessed(task: str, length: int, belief: Callable[[Trial], Mapping[str, float]]) -> float:
    """How often an observer with a belief about answers finds the truth likeliest."""
    rng = np.random.default_rng(0)
    right = 0
    for index in range(TRIALS):
        trial = build_trial(TASKS[task], "direct", "none", length, index, 0, "choice")
        held = belief(trial)
        likely = {one: held.get(one, 0.0) + 1e-9 * rng.random() for one in trial.choices.values()}
        right += max(likely, key=likely.__getitem__) == trial.truth
    return right / TRIALS


def nothing(trial: Trial) -> Mapping[str, float]:
    return {}


def not_the_majority(trial: Trial) -> Mapping[str, float]:
    most, _ = Counter(trial.sequence.split()).most_common(1)[0]
    return {digit: float(digit != most) for digit in "0123456789"}


def one_of_those_seen(trial: Trial) -> Mapping[str, float]:
    return dict.fromkeys(trial.facts.symbols, 1.0)


def the_likeliest_count(trial: Trial) -> Mapping[str, float]:
    n = trial.id.length
    asked = 0.7 if int(trial.truth) > n / 2 else 0.3  # which of the two there are more of, shows
    return {str(k): float(binom.pmf(k, n, asked)) for k in range(n + 1)}


@pytest.mark.parametrize(
    ("task", "length", "belief"),
    [
        *((task.name, 40, nothing) for task in OWN),
        ("copy_last", 40, not_the_majority),
        ("copy_first", 40, not_the_majority),
        ("copy_last_interleaved", 40, one_of_those_seen),
        ("copy_first_interleaved", 40, one_of_those_seen),
        ("lookup", 9, one_of_those_seen),
        ("count_ones_bernoulli", 40, the_likeliest_count),
        ("count_ones_bernoulli", 4, the_likeliest_count),
    ],
)
def test_no_blind_observer_beats_the_chance_among_choices(
    task: str, length: int, belief: Callable[[Trial], Mapping[str, float]]
) -> None:
    chance = TASKS[task].chance(length, "direct", "none", "choice")
    rate = guessed(task, length, belief)
    assert rate < chance + 4.5 * math.sqrt(chance * (1 - chance) / TRIALS)
    if belief in (not_the_majority, one_of_those_seen):  # the best one reaches it
        assert rate > chance - 4.5 * math.sqrt(chance * (1 - chance) / TRIALS)
