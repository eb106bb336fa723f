"""Decoding: the statistics by hand and by scikit-learn, and verdicts on planted causes."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sklearn.linear_model import Ridge, RidgeCV
from snellen.errors import InputError
from snellen.probes.decoding.answers import follows, pair_log_odds, shifted_log_odds
from snellen.probes.decoding.measure import DecodingTables, measure_decoding
from snellen.probes.decoding.pair_test import Separation, separation, unit_auc, wilson
from snellen.probes.decoding.probe import probe_decoding
from snellen.probes.decoding.prompts import CUE, WORDINGS, DecodingPlan, units_of
from snellen.probes.decoding.ridge import PENALTIES, fit_ridge
from snellen.probes.decoding.verdicts import RULES, SightVerdict, sight_verdict
from snellen.probes.folder import Parts
from snellen.probes.states.arithmetic import full_precision, parse_dtype
from statsmodels.stats.proportion import proportion_confint

from .planted import planted_model, planted_subject, teach_head

SEEDS = int(os.environ.get("SNELLEN_SEEDS", "2"))
"""Planted models per cause."""
QUICK = DecodingPlan(
    kinds=("count_ones", "count_mixed"), lengths=(2, 16), read_out=16, routes=3, wordings=3
)


def test_auc_is_mann_whitney_s() -> None:
    rng = np.random.default_rng(0)
    short, long = rng.integers(4, size=(2, 5, 6)).astype(float)
    want = [stats.mannwhitneyu(b, a).statistic / 36 for a, b in zip(short, long, strict=True)]
    assert unit_auc(short, long) == pytest.approx(want)


def test_interval_and_d_prime() -> None:
    assert wilson(0.75, 24) == pytest.approx(proportion_confint(18, 24, method="wilson"))
    assert wilson(1.0, 8) == pytest.approx(proportion_confint(8, 8, method="wilson"))
    found = separation(np.full(10, stats.norm.cdf(1.5 / np.sqrt(2))), routes=4)
    assert found.d_prime == pytest.approx(1.5)
    assert np.isfinite(separation(np.ones(3), routes=2).d_prime)


def test_ridge_is_scikit_learn_s() -> None:
    rng = np.random.default_rng(1)
    states = rng.normal(size=(40, 60)) @ rng.normal(size=(60, 60)) + 3
    states[:, 7] = 2.5  # a feature that does not vary
    targets = states[:, 0] * 2 + rng.normal(size=40)
    mine = fit_ridge(states, targets)
    scale = np.where(states.std(axis=0) > 1e-12, states.std(axis=0), 1.0)
    z = (states - states.mean(axis=0)) / scale
    largest = np.linalg.eigvalsh(z @ z.T)[-1]
    oracle = RidgeCV(alphas=PENALTIES * largest).fit(z, targets)
    assert mine.penalty == pytest.approx(oracle.alpha_)
    new = rng.normal(size=(9, 60))
    again = Ridge(alpha=mine.penalty, solver="svd").fit(z, targets)
    want = again.predict((new - states.mean(axis=0)) / scale)
    assert mine(new) == pytest.approx(want, rel=1e-6, abs=1e-6)


def test_states_that_are_all_one_are_read_as_the_mean() -> None:
    probe = fit_ridge(np.ones((6, 3)), np.arange(6.0))
    assert probe(np.full((2, 3), 9.0)).tolist() == [2.5, 2.5]


def test_a_closed_form_count_is_read_off_held_out_counts() -> None:
    """States (1, n) / n: n is a ratio, linear in no coordinate, but near it within a stretch."""
    n = np.arange(1, 201.0)
    states = np.column_stack([n, np.ones_like(n)]) @ np.random.default_rng(2).normal(size=(2, 30))
    probe = fit_ridge(states[1::2], n[1::2])
    assert np.abs(probe(states[::2]) - n[::2]).max() < 0.01


def found(auc: float, units: int = 24) -> Separation:
    return separation(np.full(units, auc), routes=3)


def test_every_rule_by_hand() -> None:
    sharp, blunt = found(1.0), found(0.5)
    assert sight_verdict(sharp, [sharp], 0.9) == SightVerdict.READ
    assert sight_verdict(blunt, [blunt], 0.9) == SightVerdict.READ
    assert sight_verdict(sharp, [sharp], 0.2) == SightVerdict.UNREAD
    assert sight_verdict(blunt, [blunt, sharp], 0.2) == SightVerdict.LOST
    assert sight_verdict(blunt, [blunt, blunt], 0.2) == SightVerdict.NEVER_ENCODED
    assert sight_verdict(found(0.7, units=4), [sharp], 0.2) == SightVerdict.UNTESTABLE
    assert sight_verdict(sharp, [sharp], None) == SightVerdict.UNTESTABLE
    assert set(RULES) == {str(v) for v in SightVerdict}


def test_luck_is_called_decodable_at_the_stated_rate() -> None:
    """Rounding that repeats itself along every route: each unit is all or nothing, by luck."""
    rng = np.random.default_rng(3)
    verdicts = [
        sight_verdict(separation(rng.integers(2, size=24), routes=6), [found(1.0)], 0.0)
        for _ in range(2000)
    ]
    rate = np.mean([v == SightVerdict.UNREAD for v in verdicts])
    assert rate == pytest.approx(stats.binom.sf(17, 24, 0.5), abs=0.008)


@pytest.mark.parametrize(
    ("cause", "kind", "dtype", "lengths"),
    [
        ("lost", "count_ones", "bfloat16", (16, 32, 128)),
        ("lost", "count_mixed", "bfloat16", (16, 32, 128)),
        ("unread", "count_ones", "bfloat16", (1, 8, 20)),
        ("unread", "count_mixed", "bfloat16", (1, 8, 20)),
        ("never encoded", "count_mixed", "bfloat16", (1, 16, 64)),
    ],
)
def test_planted_causes_are_told_apart(
    cause: Any, kind: str, dtype: str, lengths: tuple[int, ...]
) -> None:
    plan = dataclasses.replace(
        QUICK, kinds=(kind,), lengths=lengths, dtypes=("float64", dtype), read_out=8
    )
    verdicts = pd.concat(
        measure_decoding(planted_subject(cause, seed), plan).tables["verdicts"]
        for seed in range(SEEDS)
    )
    own = verdicts[verdicts.dtype == dtype]
    assert len(own) == SEEDS * len(lengths)
    print(f"{cause}, {kind}: {(own.verdict == cause).sum()} of {len(own)} right")
    assert (own.verdict == cause).mean() >= 0.95, own.to_string()


@pytest.mark.parametrize(
    ("cause", "kind", "verdict"),
    [("erased", "count_mixed", "lost"), ("rounding", "count_ones", "never encoded")],
)
def test_what_rounding_leaves_is_no_count(cause: Any, kind: str, verdict: str) -> None:
    """It repeats itself along routes: in the reference itself it would seem to be told apart."""
    plan = dataclasses.replace(QUICK, kinds=(kind,), lengths=(1, 8), read_out=8)
    for seed in range(SEEDS // 2):
        tables = measure_decoding(planted_subject(cause, seed), plan).tables
        assert set(tables["verdicts"].verdict) == {verdict}, tables["verdicts"].to_string()
        last = tables["decoding"].query("dtype == 'float64' and state == 'final norm'")
        assert last.auc.eq(0.5).all()


def test_a_head_that_uses_the_count_is_read() -> None:
    subject = planted_subject("read", 0)
    plan = dataclasses.replace(
        QUICK, kinds=("count_ones",), lengths=(1,), wordings=1, read_out=8,
        dtypes=("float64", "float32"),
    )  # fmt: skip
    units = units_of(subject.tokenizer, "count_ones", plan, subject.context)
    prompts = {u.count: list(u.short) for u in units} | {9: list(units[-1].long)}

    def load(dtype: torch.dtype) -> Any:
        model = planted_model("read", dtype, 0, subject.tokenizer)
        teach_head(model, subject.tokenizer, prompts)
        teach_head(model, subject.tokenizer, prompts)  # the first changed the tokens' norms
        return model

    tables = measure_decoding(dataclasses.replace(subject, load=load), plan).tables
    assert set(tables["verdicts"].verdict) == {"read"}
    shifts = tables["shifts"]
    assert (shifts[shifts.depth == shifts.depth.max()].moved - 1).abs().max() < 0.05
    assert tables["lens"].query("state == 'final norm'").right.eq(1).all()


def test_log_odds_by_plain_forwards(tiny: Any, tokenizer: Any) -> None:
    model = tiny("qwen3", torch.float32)
    units = units_of(tokenizer, "count_mixed", QUICK, 512)[-3:]
    got = pair_log_odds(model, tokenizer, units, 2048)
    digits = [tokenizer.encode(str(d))[-1] for d in range(10)]

    def score(prompt: tuple[int, ...], count: int) -> float:
        answer = tokenizer.encode(str(count), add_special_tokens=False)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0].double()
        logp = logits.log_softmax(-1)[len(prompt) - 1 :]
        spelled = sum(float(logp[k, token]) for k, token in enumerate(answer))
        return spelled + float(torch.log(1 - logp[-1, digits].exp().sum()))

    for unit, row in zip(units, got, strict=True):
        for prompt, value in zip((unit.short, unit.long), row, strict=True):
            want = score(prompt, unit.count + 1) - score(prompt, unit.count)
            assert value == pytest.approx(want, abs=1e-3)
    assert follows(np.array([[-1.0, 1.0], [1.0, 2.0], [-2.0, -1.0]])).tolist() == [1, 0, 0]


def test_a_shift_is_added_where_a_hook_on_a_whole_forward_adds_it(
    tiny: Any, tokenizer: Any
) -> None:
    model = tiny("llama", torch.float64)
    unit = units_of(tokenizer, "count_mixed", QUICK, 512)[-1]
    counts = (unit.count, unit.count + 1)
    vector = torch.linspace(-1, 1, 32, dtype=torch.float64)
    shifts = [None, (1, torch.zeros(32)), (2, vector), (2, -vector)]
    plain, still, up, down = shifted_log_odds(model, tokenizer, unit.short, counts, shifts)
    assert plain == pytest.approx(still)
    assert plain == pytest.approx(pair_log_odds(model, tokenizer, [unit], 2048)[0, 0], abs=1e-6)
    last = len(unit.short) - 1

    def add(_module: Any, _args: Any, output: Any) -> Any:
        state = output[0] if isinstance(output, tuple) else output
        state[:, last] += vector
        return output

    digits = [tokenizer.encode(str(d))[-1] for d in range(10)]
    handle = model.model.layers[1].register_forward_hook(add)
    scores = []
    for count in counts:
        answer = tokenizer.encode(str(count), add_special_tokens=False)
        with torch.no_grad(), full_precision(model.dtype):
            logits = model(input_ids=torch.tensor([[*unit.short, *answer]])).logits[0, last:]
        logp = logits.log_softmax(-1)
        spelled = sum(float(logp[k, token]) for k, token in enumerate(answer))
        scores.append(spelled + float(torch.log(1 - logp[-1, digits].exp().sum())))
    handle.remove()
    assert up == pytest.approx(scores[1] - scores[0], abs=1e-9)
    assert down != pytest.approx(up)


def test_units_differ_by_one_count_and_mixed_ones_in_nothing_else(tokenizer: Any) -> None:
    cue = tuple(tokenizer.encode(CUE))
    for kind in ("count_ones", "count_mixed"):
        units = units_of(tokenizer, kind, QUICK, 512)
        assert len(units) == 2 * 3 * 8
        for unit in units:
            short, long = (tokenizer.decode(list(p)) for p in (unit.short, unit.long))
            lead = WORDINGS[unit.wording] + " "
            assert short.startswith(lead)
            assert unit.short[-len(cue) :] == unit.long[-len(cue) :] == cue
            # The tokenizer has one token per character, and one for what it does not know.
            bodies = [text[len(lead) : text.rindex("1") + 1] for text in (short, long)]
            assert [body.count("1") for body in bodies] == [unit.count, unit.count + 1]
            assert all(body.endswith("1") for body in bodies)
            if kind == "count_mixed":
                assert len(bodies[0]) == len(bodies[1])


def test_finished_parts_are_not_computed_again(subject: Any, tmp_path: Path) -> None:
    plan = dataclasses.replace(
        QUICK, lengths=(2,), dtypes=("float64", "float32"), window=2, wordings=2, read_out=8
    )
    llama = subject("llama")
    loads: list[torch.dtype] = []

    def load(dtype: torch.dtype) -> Any:
        loads.append(dtype)
        if dtype == torch.float32 and len(loads) == 2:
            raise KeyboardInterrupt
        return llama.load(dtype)

    counted = dataclasses.replace(llama, load=load)
    with pytest.raises(KeyboardInterrupt):
        probe_decoding(counted, plan, out=tmp_path)
    again = probe_decoding(counted, plan, out=tmp_path)
    assert loads == [torch.float64, torch.float32, torch.float32]
    fresh = measure_decoding(llama, plan, parts=Parts())
    pd.testing.assert_frame_equal(again.tables["verdicts"], fresh.tables["verdicts"])
    assert len(probe_decoding(counted, plan, out=tmp_path).summary) == 2 * 2
    assert len(loads) == 3
    assert {p.stem for p in (again.folder / "figures").iterdir()} == {"verdicts", "readout"}


def test_plans_that_are_refused(subject: Any) -> None:
    for change, message in (
        ({"routes": 1}, "--routes 1: held-out numerics need 2"),
        ({"wordings": 9}, "--wordings 9: choose from 1 to 4"),
        ({"window": 0}, "--window 0"),
        ({"dtypes": ("bfloat16",)}, "holds no reference: add float64"),
        ({"read_out": 3}, "--read-out 3: a read-out needs 8"),
        ({"dtypes": ("float64", "int4")}, "unknown dtype 'int4'"),
    ):
        with pytest.raises((InputError, ValueError), match=message):
            measure_decoding(subject("llama"), dataclasses.replace(QUICK, **change))


def test_another_family_is_measured_whole(subject: Any) -> None:
    plan = dataclasses.replace(QUICK, kinds=("count_mixed",), lengths=(4,))
    tables: DecodingTables = measure_decoding(subject("gpt2"), plan)
    assert not tables.failures
    assert set(tables.tables["readout"].condition) == {
        "interpolation", "extrapolation", "another wording", "another task", "shuffled",
    }  # fmt: skip
    assert parse_dtype("bfloat16") == torch.bfloat16
    table = tables.tables["decoding"]
    assert table.groupby(["dtype", "length", "at"]).depth.nunique().eq(5).all()


def test_a_count_that_stays_in_the_last_item_is_seen_there_and_lost_on_the_way() -> None:
    """In 16 bits the state of a small last item holds what a large one of a cue cannot."""
    plan = dataclasses.replace(QUICK, kinds=("count_ones",), lengths=(16,), read_out=8)
    subject = planted_subject("lost", 0)
    one = subject.tokenizer.encode("1")[-1]

    def load(dtype: torch.dtype) -> Any:
        model = subject.load(dtype)
        model.model.embed_tokens.weight[one, 2:] = 0
        return model

    tables = measure_decoding(dataclasses.replace(subject, load=load), plan).tables
    half = tables["verdicts"].set_index("dtype").loc["bfloat16"]
    assert half.verdict == "lost"
    assert half.auc < 0.75 < 0.95 < half.auc_last_item
    assert half.low_last_item <= half.auc_last_item <= half.high_last_item
    # At the embedding a pair ends with the same token: nothing but ties.
    embedding = tables["decoding"].query("depth == 0")
    assert len(embedding) == 2 * 2
    assert embedding.auc.eq(0.5).all()


def test_a_prompt_up_to_its_last_item_is_without_the_cue(tokenizer: Any) -> None:
    cue = tuple(tokenizer.encode(CUE))
    for unit in units_of(tokenizer, "count_mixed", QUICK, 512):
        assert unit.ending("answer") == (unit.short, unit.long)
        assert [(*part, *cue) for part in unit.ending("last item")] == [unit.short, unit.long]
        assert tokenizer.decode(list(unit.ending("last item")[1][-1:])) == "1"
