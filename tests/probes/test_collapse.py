"""Collapse against a plain float64 forward; the null band; the horizon; the controls."""

from __future__ import annotations

import dataclasses
import errno
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from snellen.errors import InputError
from snellen.probes.collapse import measure as collapse
from snellen.probes.collapse.measure import headline, measure_collapse
from snellen.probes.collapse.null_band import (
    band_edge,
    find_horizon,
    inside_band,
    null_pairs,
    null_routes,
)
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.states.arithmetic import check_dtype, parse_dtype
from snellen.probes.states.kinds import KINDS
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.subject import open_subject

LENGTHS = (1, 3, 10, 30, 100)


def plan(*kinds: str, dtypes: tuple[str, ...] = ("float32",), **options: Any) -> CollapsePlan:
    return CollapsePlan(kinds, LENGTHS, dtypes, **{"repetitions": 5, **options})


@pytest.mark.parametrize("name", ["llama", "gemma3", "gpt2"])
def test_distances_by_brute_force(name: str, subject: Any, tiny: Any) -> None:
    tables = measure_collapse(subject(name), plan("count_sampled", dtypes=("float64",)))
    model, tokenizer = tiny(name, torch.float32), subject(name).tokenizer
    digits = [np.random.default_rng([0, r]).integers(10, size=100) for r in range(5)]
    for row in tables.collapse[tables.collapse.length == 10].to_dict("records"):
        if row["state"] == "layer 3":
            continue  # transformers does not list it: the final norm replaces it
        per_draw = []
        for drawn in digits:
            body = KINDS["count_sampled"].question + " " + "".join(map(str, drawn[:9]))
            ends = []
            for tail in ("1", "11"):
                ids = torch.tensor([tokenizer.encode(body + tail)])
                states = model(input_ids=ids, output_hidden_states=True).hidden_states
                index = 3 if row["state"] == "final norm" else row["depth"]
                ends.append(states[index][0, -1].double().numpy())
            gaps = np.abs(ends[0] - ends[1]).reshape(4, 8)
            per_draw.append((gaps.max(axis=1).mean(), gaps.sum()))
        want = np.mean(per_draw, axis=0)
        assert [row["linf"], row["l1"]] == pytest.approx(want, rel=1e-3, abs=1e-5)


def test_every_kind_at_every_dtype_on_every_family(family: str, subject: Any) -> None:
    kinds = ("count_ones", "copy_commas", "commas_right")
    dtypes = ("float64", "float32", "bfloat16", "float16")
    tables = measure_collapse(subject(family), plan(*kinds, dtypes=dtypes))
    assert len(tables.collapse) == 3 * 4 * 5 * len(LENGTHS)
    assert len(tables.horizon) == 3 * 4 * 5
    final = headline(tables.collapse)
    assert final[["kl", "tv", "linf", "rel_l2", "null_kl", "null_linf"]].notna().all().all()
    # How much routes differ, and whether at all, is the kernels' affair: only a most is known.
    bands = final.groupby("dtype").null_rel_l2.max()
    assert (bands[["float64", "float32"]] <= [1e-13, 1e-5]).all()
    assert (bands < 0.5).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_identical_inputs_are_at_distance_zero(dtype: str, subject: Any) -> None:
    tables = measure_collapse(subject("qwen3"), plan("identical", dtypes=(dtype,)))
    table = tables.collapse
    assert (table[["linf", "l1", "rel_l2", "ulp"]] == 0).all().all()
    assert (table.bit_equal == 1).all()
    assert table.inside.all()
    assert (tables.horizon.horizon == LENGTHS[0]).all()


@pytest.mark.parametrize("name", ["llama", "gpt_neox", "gemma3"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constant_signal_is_found_to_be_zero(name: str, dtype: str, subject: Any) -> None:
    """Equal tokens under rotary encodings give equal values: only rounding is left."""
    tables = measure_collapse(subject(name), plan("constant", dtypes=(dtype,)))
    # Which of these roundings lie inside the band is the kernels' affair; how small they are not.
    eps = torch.finfo(parse_dtype(dtype)).eps
    assert (headline(tables.collapse).rel_l2 < 100 * eps).all()


def test_learned_positions_make_the_same_prompt_a_signal(subject: Any) -> None:
    tables = measure_collapse(subject("gpt2"), plan("constant", dtypes=("float32",)))
    assert not headline(tables.collapse).inside.any()


def test_another_last_token_stays_outside_the_band(subject: Any) -> None:
    tables = measure_collapse(subject("llama"), plan("changed_last", "count_ones"))
    final = headline(tables.collapse).set_index(["kind", "length"])
    assert not final.loc["changed_last"].inside.any()
    assert final.loc["changed_last"].linf[100] > 3 * final.loc["count_ones"].linf[100]


def test_float64_reference_stands_beside_every_row(subject: Any) -> None:
    tables = measure_collapse(subject("llama"), plan("count_ones", dtypes=("float64", "bfloat16")))
    table = headline(tables.collapse)
    half = table[table.dtype == "bfloat16"].reset_index()
    exact = table[table.dtype == "float64"].reset_index()
    assert np.array_equal(half.linf_float64, exact.linf)
    assert not half.inside_float64.any()


def test_both_members_share_prompts_and_step(subject: Any) -> None:
    one = measure_collapse(subject("llama"), plan("count_ones", step=1)).collapse
    three = measure_collapse(subject("llama"), plan("count_ones", step=3)).collapse
    assert set(three.step) == {3}
    assert (headline(three).linf > headline(one).linf).mean() > 0.5


def test_out_of_memory_keeps_what_was_finished(
    subject: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = last_token_states

    def greedy(model: Any, *args: Any, **options: Any) -> Any:
        if model.dtype == torch.bfloat16:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(model, *args, **options)

    monkeypatch.setattr(collapse, "last_token_states", greedy)
    tables = measure_collapse(
        subject("llama"), plan("count_ones", dtypes=("float32", "bfloat16"), chunk=512)
    )
    assert set(tables.collapse.dtype) == {"float32"}
    assert tables.failures == [
        "count_ones in bfloat16 ran out of memory: lower --chunk (now 512) or the longest "
        "length; what was finished is kept"
    ]


@pytest.mark.parametrize(
    "error",
    [
        # As seen under ulimit -v: of safetensors, of torch's allocator, of a thread, of the system.
        RuntimeError("unable to mmap 538090408 bytes from file <x>: Cannot allocate memory (12)"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("can't start new thread"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_model_that_does_not_fit_leaves_its_dtype_out(subject: Any, error: Exception) -> None:
    llama = subject("llama")

    def load(dtype: torch.dtype) -> Any:
        if dtype == torch.float64:
            raise error
        return llama.load(dtype)

    spoilt = dataclasses.replace(llama, load=load)
    tables = measure_collapse(spoilt, plan("count_ones", dtypes=("float64", "float32")))
    assert set(tables.collapse.dtype) == {"float32"}
    assert tables.failures == [
        "count_ones in float64 did not begin: the model ran out of memory: leave out this dtype, "
        "or take a smaller model or a larger machine; what was finished is kept"
    ]


def test_other_errors_are_no_lack_of_memory(subject: Any) -> None:
    def load(dtype: torch.dtype) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    spoilt = dataclasses.replace(subject("llama"), load=load)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        measure_collapse(spoilt, plan("count_ones", dtypes=("float32",)))


def test_other_errors_are_not_swallowed(subject: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(collapse, "last_token_states", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        measure_collapse(subject("llama"), plan("count_ones"))


def test_band_edge_pools_neighbours() -> None:
    null = np.array([[1.0, 2.0], [9.0, 0.0], [1.0, 1.0], [0.5, 0.5]])
    assert band_edge(null).tolist() == [9, 9, 9, 1]
    assert band_edge(null[None]).tolist() == [[9, 9, 9, 1]]


def test_the_ends_of_the_grid_have_one_neighbour_each() -> None:
    # 40 samples a length: of 80 pooled at an end 3 may lie above the edge; doubled ends would
    # let the 95 % quantile be one of the end's own.
    null = np.zeros((3, 40))
    null[0, :3] = 1.0
    assert band_edge(null).tolist() == [0, 0, 0]
    null[0, :4] = 1.0
    assert band_edge(null).tolist() == [1, 0, 0]


def test_a_route_is_left_out_only_where_it_is_the_same_computation() -> None:
    null = np.array([[np.nan, 5.0], [np.nan, np.nan], [7.0, 5.0], [np.nan, np.nan]])
    assert band_edge(null).tolist() == [5, 7, 7, 7]
    assert band_edge(np.full((2, 2), np.nan)).tolist() == [0, 0]


def test_the_verdict_is_that_of_the_median_over_routes() -> None:
    """No least route: .162 above a band of .148 is outside, whatever one route shows."""
    null = np.full((3, 4), 0.148)
    signal = np.array([[0.162, 0.162, 0.12], [0.14, 0.12, 0.2], [0.148] * 3])
    assert inside_band(signal, null).tolist() == [False, True, True]


def test_distances_are_taken_between_two_kernels_where_there_are_two() -> None:
    routes = null_routes("cpu", 2048, [10, 100])
    kernels = [{routes[i].attention, routes[j].attention} for i, j in null_pairs(routes)]
    assert kernels == [{None, "eager"}] * (5 * 2)
    alone = [route for route in routes if route.attention is None]
    assert len(null_pairs(alone)) == 10


def test_the_verdict_can_be_read_off_the_table(subject: Any) -> None:
    table = measure_collapse(subject("llama"), plan("count_sampled", "constant")).collapse
    assert (table.inside == (table.linf_across <= table.null_linf)).all()
    assert table.inside.any()


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.9])
def test_rounding_alone_is_called_outside_at_a_small_rate(shared: float) -> None:
    """Whatever part of the rounding repeats itself along the routes of one kernel."""
    rng = np.random.default_rng(0)
    inside = [trial(rng, 0.0, shared, dim=32, lengths=5) for _ in range(150)]
    seen = [trial(rng, 4.0, shared, dim=32, lengths=5) for _ in range(150)]
    assert np.mean(inside) > 0.9
    assert np.mean(seen) < 0.1


def trial(rng: np.random.Generator, size: float, shared: float, dim: int, lengths: int) -> bool:
    """One simulated pair: a difference of ``size`` usual roundings, kernels with own biases."""
    routes = null_routes("cpu", 2048, [10, 100])
    bias = {k: rng.normal(size=(lengths, 2, dim)) for k in (None, "eager")}
    noise = [
        shared**0.5 * bias[r.attention] + (1 - shared) ** 0.5 * rng.normal(size=(lengths, 2, dim))
        for r in routes
    ]
    gap = np.zeros(dim)
    gap[0] = size * 3.0
    pairs = null_pairs(routes)
    signal = [
        np.abs(noise[b][:, 1] - noise[a][:, 0] + gap).max(axis=-1)
        for i, j in pairs
        for a, b in ((i, j), (j, i))
    ]
    null = [np.abs(noise[i] - noise[j]).max(axis=-1) for i, j in pairs]
    return bool(inside_band(np.stack(signal, -1), np.concatenate(null, -1))[lengths // 2])


def test_horizon_is_where_collapse_stays() -> None:
    lengths = (1, 2, 4, 8, 16)
    null = np.full((5, 6), 1.0)
    signal = np.array([9, 0.5, 7, 0.4, 0.3])[:, None].repeat(3, axis=1)
    assert find_horizon(lengths, signal, null) == (8, 8, 8, 16)
    assert find_horizon(lengths, signal + 10, null) == (None, None, None, 16)
    assert find_horizon(lengths, signal * 0, null) == (1, 1, 1, 16)


def test_horizon_interval_is_wide_where_routes_disagree() -> None:
    rng = np.random.default_rng(0)
    lengths = tuple(2**i for i in range(10))
    decay = 1.0 / np.array(lengths)[:, None]
    noise = 0.03 * rng.lognormal(sigma=1.0, size=(10, 12))
    found = find_horizon(lengths, decay * rng.lognormal(sigma=0.5, size=(10, 6)), noise)
    assert found.value is not None
    assert found.low is not None
    assert found.low < (found.high or 10**9)
    assert found.low <= found.value


def test_separate_passes_are_left_out_where_they_would_cost_too_much() -> None:
    few = [r.name for r in null_routes("cpu", 2048, [10, 100])]
    many = [r.name for r in null_routes("cpu", 2048, list(range(1, 100)))]
    assert "separate passes" in few
    assert "separate passes" not in many
    exact = null_routes("cpu", 2048, [10, 100], exact=True)
    assert [r.name for r in exact] == [
        "one pass",
        "left padding, one thread",
        "cached chunks of 64",
        "eager attention",
        "separate passes",
    ]
    assert {r.attention for r in exact} == {None, "eager"}  # both kernels
    assert all(r.chunk <= 32 for r in null_routes("cuda", 32, [10]))
    assert all(r.threads is None for r in null_routes("cuda", 32, [10]))


def test_dtypes_that_are_refused() -> None:
    with pytest.raises(InputError, match=r"unknown dtype 'int8' in --dtypes: choose from float64"):
        parse_dtype("int8")
    with pytest.raises(InputError, match="device cuda:99 cannot compute in float32"):
        check_dtype(torch.float32, "cuda:99")
    with pytest.raises(InputError, match="cannot compute in float8_e4m3fn"):
        check_dtype(torch.float8_e4m3fn, "cpu")


def save(folder: Any, model: Any, tokenizer: Any) -> str:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_a_model_folder_is_opened(tmp_path: Any, tiny: Any, tokenizer: Any) -> None:
    found = open_subject(save(tmp_path, tiny("llama"), tokenizer), device="cpu")
    assert found.context == 512
    model = found.load(torch.float64)
    assert model.dtype == torch.float64
    assert model.model.rotary_emb.inv_freq.dtype == torch.float64
    assert not any(p.requires_grad for p in model.parameters())
    fast = measure_collapse(dataclasses.replace(found, name="folder"), plan("count_ones"))
    assert len(fast.collapse)


def test_an_encoder_is_refused(tmp_path: Any, tokenizer: Any) -> None:
    import transformers

    config = transformers.BertConfig(
        vocab_size=128, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, is_decoder=False,
    )  # fmt: skip
    folder = save(tmp_path / "bert", transformers.BertModel(config), tokenizer)
    with pytest.raises(InputError, match="is an encoder"):
        open_subject(folder, device="cpu").load(torch.float32)


def test_an_encoder_decoder_is_refused(tmp_path: Any, tokenizer: Any) -> None:
    import transformers

    config = transformers.T5Config(
        vocab_size=128, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8
    )
    folder = save(tmp_path / "t5", transformers.T5ForConditionalGeneration(config), tokenizer)
    with pytest.raises(InputError, match="not a decoder-only language model"):
        open_subject(folder, device="cpu")


def test_a_missing_model_is_refused(tmp_path: Any) -> None:
    with pytest.raises(
        InputError,
        match=r"nowhere is not a model folder: .* give bundled, hf/ORG",
    ):
        open_subject(str(tmp_path / "nowhere"))
    (tmp_path / "config.json").write_text('{"model_type": "unheard-of"}')
    with pytest.raises(InputError, match="cannot load"):
        open_subject(str(tmp_path))


def test_rows_concatenate_without_losing_types(subject: Any) -> None:
    tables = measure_collapse(subject("llama"), plan("count_ones", "identical"))
    assert tables.collapse.inside.dtype == bool
    assert str(tables.horizon.horizon.dtype) == "Int64"
    assert isinstance(tables.null, pd.DataFrame)
    assert tables.notes.keys() == {"count_ones", "identical"}
