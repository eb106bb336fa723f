"""Fewer bits: what keys and values are kept in, what weights are rounded to, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.runners.kinds import Options
from snellen.runners.local.cache import KV_TYPES, make_cache, rounding
from snellen.runners.local.loading import Precision
from snellen.runners.local.quantization import KINDS
from snellen.runners.local.runner import LocalRunner
from snellen.runners.registry import open_runner

from .reference import Reference
from .test_decoding import EXACT, answers, asked, chart


@pytest.mark.parametrize(
    ("kind", "grid"),
    [("float16", 2**-11), ("bfloat16", 2**-8), ("fp8", 2**-4), ("int8", None), ("int4", None)],
)
def test_rounding_keeps_the_grid_and_no_more(kind: str, grid: float | None) -> None:
    import torch

    x = torch.randn(3, 2, 50, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    kept = rounding(kind)(x)
    off = (kept - x).abs()
    if grid is not None:  # half a step, relative to the number
        assert float((off / x.abs().clamp(min=0.02)).max()) <= grid
    else:
        steps = {"int8": 127, "int4": 7}[kind]
        scale = x.abs().amax(dim=-1, keepdim=True) / steps
        assert float((off / scale).max()) <= 0.5 + 1e-9
        assert len(set((kept / scale).round().flatten().tolist())) <= 2 * steps + 1
    assert float(off.max()) > 0
    assert torch.allclose(rounding(kind)(kept), kept, rtol=1e-12)


def test_fp8_stops_at_its_greatest_number() -> None:
    import torch

    assert rounding("fp8")(torch.tensor([1e9, -1e9, 0.0])).tolist() == [448.0, -448.0, 0.0]


def test_a_cache_of_eight_bits_is_what_every_later_token_reads(whole: Path) -> None:
    """Against a forward pass without a cache whose keys and values are rounded on the way."""
    import torch
    from transformers.models.llama import modeling_llama

    runner = LocalRunner("hf/tiny", whole, precision=Precision("float64", kv_cache="int4"))
    model = runner._model
    assert runner.numerics["kv_cache"] == "int4"
    through = rounding("int4")
    own = modeling_llama.eager_attention_forward

    def rounded(module, query, key, value, *more, **named):  # type: ignore[no-untyped-def]
        return own(module, query, through(key), through(value), *more, **named)

    prompts, limits = chart(8)
    found = answers(runner, asked(prompts, limits))
    model.set_attn_implementation("eager")
    pytest.MonkeyPatch().setattr(modeling_llama, "eager_attention_forward", rounded)
    try:
        for at, (prompt, limit) in enumerate(zip(prompts, limits, strict=True)):
            ids: list[int] = runner._tokenize(prompt)
            said: list[int] = []
            while len(said) < limit and 1 not in said:
                with torch.no_grad():
                    row = torch.tensor([ids + said], device=model.device)
                    logits = model(input_ids=row, use_cache=False).logits
                said.append(int(logits[0, -1].argmax()))
            text = runner._tokenizer.decode(said, skip_special_tokens=True)
            assert found[str(at)].text == text
    finally:
        modeling_llama.eager_attention_forward = own
    plain = answers(
        LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu"), asked(prompts, limits)
    )
    assert [reply.text for reply in plain.values()] != [found[key].text for key in plain]


def test_texts_are_scored_through_the_same_cache(whole: Path) -> None:
    pairs = [("1 0 1", " 1"), ("count", "ing")]
    scores = {
        kind: LocalRunner(
            "hf/tiny", whole, precision=Precision("float64", kv_cache=kind)
        ).loglikelihood(pairs)
        for kind in (None, "float32", "int4")
    }
    exact, near, far = ([total for total, _ in one] for one in scores.values())
    assert near == pytest.approx(exact, abs=1e-3)
    assert far != pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_in_fewer_bits_answer_and_say_so(kind: str, whole: Path) -> None:
    import torch

    plain = LocalRunner("hf/tiny", whole, device="cpu")
    runner = LocalRunner("hf/tiny", whole, precision=Precision(quantization=kind), device="cpu")
    assert str(runner.numerics["quantization"]).startswith(f"{kind}, torchao 0.")
    assert "quantization" not in plain.numerics
    ids = torch.arange(2, 40)[None]
    with torch.no_grad():
        exact, rough = plain._model(input_ids=ids).logits, runner._model(input_ids=ids).logits
    off = float((exact - rough).norm() / exact.norm())
    assert 1e-4 < off < {"int8": 0.05, "int8_dynamic": 0.1, "fp8": 0.2, "int4": 0.7}[kind]
    prompts, limits = chart(3)
    assert len(answers(runner, asked(prompts, limits))) == 3
    head = runner._model.get_output_embeddings().weight
    assert torch.equal(head, plain._model.get_output_embeddings().weight)
    assert Reference(plain._model).scores([2, 3]).shape == (258,)


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ({"quantization": "int3"}, "--model-args quantization=int3: there are int8, int8_dynamic"),
        ({"kv_cache": "int2"}, f"--model-args kv_cache=int2: there are {', '.join(KV_TYPES)}"),
        ({"quantisation": "int8"}, "--model-args quantisation: .* takes quantization, kv_cache"),
    ],
)
@pytest.mark.parametrize("model", ["bundled", "hf/some/model"])
def test_what_there_is_not_is_named_before_anything_is_loaded(
    args: dict[str, str], line: str, model: str
) -> None:
    with pytest.raises(InputError, match=line):
        open_runner(model, Options(model_args=args))


def test_a_recurrent_model_is_answered_one_text_at_a_time(tmp_path: Path, whole: Path) -> None:
    import torch
    from transformers import AutoTokenizer, MambaConfig, MambaForCausalLM

    torch.manual_seed(0)
    model = MambaForCausalLM(
        MambaConfig(
            vocab_size=258, hidden_size=16, num_hidden_layers=2, state_size=4, eos_token_id=1,
            initializer_range=0.5, pad_token_id=1, bos_token_id=0,
        )
    )  # fmt: skip
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(whole).save_pretrained(tmp_path)
    runner = LocalRunner("hf/mamba", tmp_path, device="cpu")
    assert make_cache(runner._model) is None
    prompts, limits = ["1 0 1", "x"], [5, 3]
    found = answers(runner, asked(prompts, limits))
    for at, (prompt, limit) in enumerate(zip(prompts, limits, strict=True)):
        ids = torch.tensor([runner._tokenize(prompt)])
        said = runner._model.generate(ids, max_new_tokens=limit, do_sample=False)[0, ids.shape[1] :]
        text = runner._tokenizer.decode(said, skip_special_tokens=True)
        assert found[str(at)].text == text
    with pytest.raises(InputError, match="kv_cache=fp8: MambaForCausalLM keeps more than keys"):
        LocalRunner("hf/mamba", tmp_path, precision=Precision(kv_cache="fp8"), device="cpu")
