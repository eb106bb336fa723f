"""More planted models: a head that counts in every wording, dtypes that cannot hold a state."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest
import torch
import transformers
from snellen.errors import InputError
from snellen.probes.collapse.measure import measure_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.decoding.measure import measure_decoding
from snellen.probes.decoding.pair_test import separation
from snellen.probes.decoding.prompts import WORDINGS, DecodingPlan
from snellen.probes.decoding.verdicts import SightVerdict, sight_verdict
from snellen.probes.states.subject import given_subject
from transformers.modeling_outputs import BaseModelOutputWithPast

from .planted import WIDTH, planted_model, planted_subject

PLAN = DecodingPlan(
    kinds=("count_ones", "count_mixed"), lengths=(1,), read_out=8, routes=3,
    dtypes=("float64", "bfloat16"),
)  # fmt: skip


def reader(tokenizer: Any, numbers: Iterable[int], ahead: int = 0) -> Any:
    """A Llama whose answer is how many ones its prompt holds, and ``ahead`` more.

    Attention is uniform; ones carry 1 in coordinate 0, the newline of the cue 1 in coordinate 1,
    so that their ratio is the count, whatever the wording. The logit of k, ``2kn - k^2`` over the
    newline's share, is largest for k = n.
    """
    model = planted_model("read", torch.float32, 0, tokenizer)
    one, newline = (tokenizer.encode(c, add_special_tokens=False)[-1] for c in "1\n")
    first = model.model.layers[0].self_attn
    with torch.no_grad():
        embed = model.model.embed_tokens.weight
        embed.zero_()
        embed[:, 2] = 1.0
        for place, token in enumerate((one, newline)):
            embed[token] = 0.0
            embed[token, place] = 1.0
        first.v_proj.weight.copy_(torch.diag(torch.tensor([1e3, 1e3] + [0.0] * (WIDTH - 2))))
        for k in numbers:
            row = tokenizer.encode(str(k), add_special_tokens=False)[-1]
            n = k - ahead
            model.lm_head.weight[row, :2] = 100 * torch.tensor([2.0 * n, -1.0 * n * n])
    return model


def test_no_wording_holds_a_digit() -> None:
    assert not any(character.isdigit() for text in WORDINGS for character in text)


def test_a_head_that_counts_is_read_in_every_wording_and_kind(tokenizer: Any) -> None:
    subject = given_subject(reader(tokenizer, range(1, 10)), tokenizer, "reader")
    verdicts = measure_decoding(subject, PLAN).tables["verdicts"]
    assert set(verdicts.verdict) == {"read"}, verdicts.to_string()


def test_an_answer_that_is_always_one_off_moves_and_does_not_follow(tokenizer: Any) -> None:
    subject = given_subject(reader(tokenizer, range(2, 10), ahead=1), tokenizer, "one off")
    plan = dataclasses.replace(PLAN, kinds=("count_ones",), dtypes=("float64",), window=6)
    (row,) = measure_decoding(subject, plan).tables["verdicts"].to_dict("records")
    assert (row["verdict"], row["follows"]) == ("unread", 0)
    assert row["moves"] > 0.8


def test_a_float32_reference_that_sees_nothing_asks_float64() -> None:
    """A mean of many tokens on a large state: float32 cannot hold it, float64 can."""
    plan = dataclasses.replace(
        PLAN, kinds=("count_mixed",), lengths=(64,), dtypes=("float32", "bfloat16")
    )
    subject = planted_subject("lost", 0)

    def load(dtype: torch.dtype) -> Any:
        model = subject.load(dtype)
        model.model.layers[0].self_attn.v_proj.weight *= 1e-4
        return model

    coarse = dataclasses.replace(subject, load=load)
    found = measure_decoding(coarse, plan).tables
    assert set(found["verdicts"].verdict) == {"lost"}, found["verdicts"].to_string()
    assert set(found["decoding"].dtype) == {"float32", "bfloat16", "float64"}
    blind = measure_decoding(planted_subject("never encoded", 0), plan).tables["verdicts"]
    assert set(blind.verdict) == {"never encoded"}

    def no_double(dtype: torch.dtype) -> Any:
        if dtype == torch.float64:
            raise MemoryError("cannot allocate memory")
        return load(dtype)

    poor = measure_decoding(dataclasses.replace(subject, load=no_double), plan)
    assert set(poor.tables["verdicts"].verdict) == {"not testable"}
    assert "float64" in poor.failures[0]


def test_few_units_that_look_decodable_somewhere_are_not_never_encoded() -> None:
    blunt, wide = (separation([x] * 8, 3, confidence=0.9992) for x in (0.5, 1.0))
    assert wide.low < 0.5 < blunt.high < 0.9
    last = separation([0.5] * 8, 3)
    assert sight_verdict(last, [blunt, wide], 0.0) == SightVerdict.UNTESTABLE
    assert sight_verdict(last, [blunt, blunt], 0.0) == SightVerdict.NEVER_ENCODED


def test_states_that_overflow_are_a_line_and_the_rest_is_kept(tokenizer: Any) -> None:
    model = reader(tokenizer, range(1, 10))
    with torch.no_grad():
        model.model.layers[0].self_attn.o_proj.weight[5, 0] = 1e4
    subject = given_subject(model, tokenizer, "large")
    plan = dataclasses.replace(PLAN, kinds=("count_ones",), dtypes=("float64", "float16"))
    found = measure_decoding(subject, plan)
    assert set(found.tables["verdicts"].dtype) == {"float64"}
    assert found.failures == [
        "count_ones in float16 was left out: the states of LlamaForCausalLM are no finite numbers "
        "in float16: take another dtype"
    ]
    collapse = measure_collapse(
        subject, CollapsePlan(("count_ones",), (1, 4), ("float16", "float32"))
    )
    assert set(collapse.collapse.dtype) == {"float32"}
    assert "no finite numbers" in collapse.failures[0]


class OwnConfig(transformers.PretrainedConfig):  # type: ignore[misc]
    """Of a model that transformers has never heard of."""

    model_type = "own"
    num_hidden_layers, num_attention_heads, vocab_size, hidden_size = 1, 1, 128, 8


class OwnLayer(torch.nn.Module):
    """Adds the mean of all tokens so far."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count = torch.arange(1, x.shape[1] + 1).to(x)[:, None]
        return x + x.cumsum(1) / count


class OwnModel(transformers.PreTrainedModel):  # type: ignore[misc]
    """A mean of tokens, on a last state that 16 bits cannot hold it beside."""

    config_class = OwnConfig

    def __init__(self, config: OwnConfig):
        super().__init__(config)
        self.embed = torch.nn.Embedding(128, 8)
        self.layers = torch.nn.ModuleList([OwnLayer()])
        self.norm = torch.nn.Identity()
        self.lm_head = torch.nn.Linear(8, 128, bias=False)

    def get_decoder(self) -> Any:
        return self

    def get_output_embeddings(self) -> Any:
        return self.lm_head

    def forward(self, input_ids: torch.Tensor, **_: Any) -> BaseModelOutputWithPast:
        state = self.embed(input_ids)
        for layer in self.layers:
            state = layer(state)
        return BaseModelOutputWithPast(last_hidden_state=self.norm(state))


def test_a_model_of_one_s_own_class_is_probed(tokenizer: Any) -> None:
    torch.manual_seed(0)
    model = OwnModel(OwnConfig())
    one, space = (tokenizer.encode(c, add_special_tokens=False)[-1] for c in "1 ")
    with torch.no_grad():
        model.embed.weight.zero_()
        model.embed.weight[one, 0] = 1.0
        model.embed.weight[space, 0] = 64.0
    plan = dataclasses.replace(PLAN, kinds=("count_mixed",), lengths=(16,))
    verdicts = measure_decoding(given_subject(model, tokenizer, "own"), plan).tables["verdicts"]
    found = dict(zip(verdicts.dtype, verdicts.verdict, strict=True))
    assert found == {"float64": "unread", "bfloat16": "lost"}
    model.get_output_embeddings = lambda: None  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"own \(own\) is not a decoder-only|own has no head"):
        given_subject(model, tokenizer, "own")
