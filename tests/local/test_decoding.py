"""Rows that come and go: every answer is the one that the model gives to that prompt alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from snellen.runners.local import runner as local
from snellen.runners.local.beginnings import Beginnings
from snellen.runners.local.decoding import Decoder
from snellen.runners.local.loading import Precision
from snellen.runners.local.runner import LocalRunner
from snellen.runners.protocol import AnswerForm, Failure, Message, Reply, Request, Sampling

from .conftest import WINDOW
from .reference import Change, Reference, adaptive, as_it_is, log_n, ssmax, temperature

EXACT = Precision("float64")


def asked(prompts: Sequence[str], limits: Sequence[int], inside: str = "") -> list[Request]:
    terms = tuple(inside.split("+")) if inside else ()
    return [
        Request(str(at), (Message("user", prompt),), Sampling(limit), inside=terms)
        for at, (prompt, limit) in enumerate(zip(prompts, limits, strict=True))
    ]


def answers(runner: LocalRunner, requests: Sequence[Request]) -> dict[str, Reply]:
    found: dict[str, Reply] = {}

    def deliver(results: Sequence[tuple[Request, Reply | Failure]]) -> None:
        for request, reply in results:
            assert isinstance(reply, Reply)
            assert request.key not in found
            found[request.key] = reply

    runner.answer(requests, deliver)
    return found


def chart(count: int) -> tuple[list[str], list[int]]:
    """Prompts of one beginning and of many, of very different lengths and limits."""
    rng = random.Random(5)
    begins = ["Count the ones in this: ", "x", ""]
    prompts = [
        rng.choice(begins) + "".join(rng.choice("01 ") for _ in range(rng.choice([1, 3, 9, 40])))
        for _ in range(count)
    ]
    return prompts, [rng.choice([1, 2, 5, 9, 17]) for _ in range(count)]


LENSES: list[tuple[str, Change]] = [
    ("", as_it_is),
    ("logn:6", log_n(6)),
    ("ssmax:0.5", ssmax(0.5)),
    ("temperature:0.6", temperature(0.6)),
    ("temperature:adaptive", adaptive),
    ("logn:4+temperature:1.5", lambda s: log_n(4)(s) / 1.5),
]


@pytest.mark.parametrize("model", ["whole", "windowed"])
@pytest.mark.parametrize(("lens", "change"), LENSES, ids=[name or "none" for name, _ in LENSES])
def test_a_chart_is_answered_as_one_text_at_a_time_by_an_independent_attention(
    model: str,
    lens: str,
    change: Change,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Padding, caches, rows that leave and join, shared beginnings: none of it is to be seen."""
    folder: Path = request.getfixturevalue(model)
    runner = LocalRunner("hf/tiny", folder, precision=EXACT, device="cpu")
    monkeypatch.setattr(local, "BATCH_ROWS", 5)
    monkeypatch.setattr("snellen.runners.local.batches.READ_TOKENS", 150)
    monkeypatch.setattr("snellen.runners.local.cache.ROOM", 3)
    prompts, limits = chart(14)
    found = answers(runner, asked(prompts, limits, lens))
    reference = Reference(runner._model, change, WINDOW if model == "windowed" else None)
    ended = 0
    for at, (prompt, limit) in enumerate(zip(prompts, limits, strict=True)):
        ids = runner._tokenize(prompt)
        wanted = reference.greedy(ids, limit, [1])
        reply = found[str(at)]
        stopped = wanted[-1] == 1
        ended += stopped
        text = runner._tokenizer.decode(wanted, skip_special_tokens=True)
        assert reply.text == text, prompt
        assert reply.finish_reason == ("stop" if stopped else "length")
        assert (reply.prompt_tokens, reply.completion_tokens) == (len(ids), len(wanted))
    assert 1 <= ended <= len(prompts) - 1  # some leave early, some do not


def test_lenses_change_answers(whole: Path) -> None:
    runner = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")
    prompts, limits = chart(14)
    said = {
        lens: tuple(
            reply.text for _, reply in sorted(answers(runner, asked(prompts, limits, lens)).items())
        )
        for lens, _ in LENSES
    }
    assert len(set(said.values())) == len(LENSES)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("lens", ["temperature:1", "logn:512"])
@pytest.mark.parametrize("model", ["whole", "windowed"])
def test_scale_one_changes_no_bit(
    dtype: str, lens: str, model: str, request: pytest.FixtureRequest
) -> None:
    import torch
    from snellen.runners.local.attention import worn
    from snellen.tasks.lenses.inside import read_inside

    folder: Path = request.getfixturevalue(model)
    plain = LocalRunner("hf/tiny", folder, precision=Precision(dtype), device="cpu")._model
    ids = torch.randint(2, 250, (3, 40), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[0, :7] = 0  # padding on the left

    def states() -> list[torch.Tensor]:
        with torch.no_grad():
            out = [plain(input_ids=ids, attention_mask=mask).logits]
            out += [plain(input_ids=ids[1:2]).logits, plain.generate(ids[1:2], max_new_tokens=9)]
        return out

    bare = states()
    with worn(plain, read_inside([lens])):
        through = states()
    with worn(plain, read_inside(["temperature:0.7"])):
        sharper = states()
    assert all(torch.equal(a, b) for a, b in zip(bare, through, strict=True))
    assert not torch.equal(bare[0], sharper[0])
    assert all(torch.equal(a, b) for a, b in zip(bare, states(), strict=True))  # taken off again


def test_the_kernel_that_gives_weights_wears_the_lens_too(whole: Path) -> None:
    import torch
    from snellen.runners.local.attention import worn
    from snellen.tasks.lenses.inside import read_inside

    model = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")._model
    ids = torch.arange(2, 30)[None]
    with torch.no_grad(), worn(model, read_inside(["temperature:0.5"])):
        fast = model(input_ids=ids).logits
        model.set_attn_implementation("eager")
        said = model(input_ids=ids, output_attentions=True)
    assert torch.allclose(fast, said.logits, atol=1e-4)  # its softmax is in float32
    assert said.attentions[0].shape == (1, 4, 28, 28)
    assert model.config._attn_implementation == "sdpa"


def test_the_beginning_of_the_sequence_is_put_on_and_taken_off(whole: Path) -> None:
    runner = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")
    prompts, limits = ["1 1 0", "0 1"], [6, 6]
    bare = answers(runner, asked(prompts, limits))
    assert runner.notices == []
    without = answers(runner, asked(prompts, limits, "no_bos"))
    assert [reply.text for reply in without.values()] == [reply.text for reply in bare.values()]
    (line,) = runner.notices
    assert line.startswith("lens no_bos changes nothing where prompts do not begin with <s>")
    begun = answers(runner, asked(prompts, limits, "bos"))
    for key, prompt in enumerate(prompts):
        ids = [0, *runner._tokenize(prompt)]
        wanted = Reference(runner._model).greedy(ids, 6, [1])
        assert begun[str(key)].prompt_tokens == len(ids)
        assert begun[str(key)].text == runner._tokenizer.decode(wanted, skip_special_tokens=True)


def test_drawn_answers_are_drawn_from_the_model_and_do_not_depend_on_the_batch(whole: Path) -> None:
    runner = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")
    count = 400
    sampling = Sampling(1, temperature=0.7, top_p=0.8, seed=1)
    many = [Request(str(at), (Message("user", "01 1"),), sampling) for at in range(count)]
    found = answers(runner, many)
    alone = answers(runner, many[7:8])
    assert alone["7"].text == found["7"].text
    scores = Reference(runner._model).scores(runner._tokenize("01 1")) / 0.7
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    order = np.argsort(-likely)
    kept = order[: int((np.cumsum(likely[order]) < 0.8).sum()) + 1]
    wanted: dict[str, float] = {}
    for token in kept:  # half a character reads like any other half
        text = "" if token == 1 else str(runner._tokenizer.decode([int(token)]))
        wanted[text] = wanted.get(text, 0.0) + float(likely[token] / likely[kept].sum())
    assert {reply.text for reply in found.values()} <= wanted.keys()
    assert len(wanted) > 1
    for text, share in wanted.items():
        seen = np.mean([reply.text == text for reply in found.values()])
        assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / count) + 1e-9


@pytest.mark.parametrize("at_once", [1, 2048], ids=["alone", "together"])
def test_what_prompts_begin_with_is_read_once(
    at_once: int, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Growing runs of two questions in turn, longest first, read one at a time or as they fit."""
    runner = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")
    monkeypatch.setattr("snellen.runners.local.batches.READ_TOKENS", at_once)
    lengths = range(24, 64, 8)
    prompts = [lead + "1" * n + "0 end" for n in lengths for lead in ("Count them: ", "01 10 0: ")]
    read: list[int] = []
    forward = Decoder._forward

    def counted(self: Decoder, ids: Any, *more: Any) -> Any:
        read.append(ids.shape[0] * ids.shape[1])
        return forward(self, ids, *more)

    monkeypatch.setattr(Decoder, "_forward", counted)
    found = answers(runner, asked(prompts, [1] * len(prompts)))
    reference = Reference(runner._model)
    ids = [runner._tokenize(prompt) for prompt in prompts]
    for at, tokens in enumerate(ids):
        wanted = reference.greedy(tokens, 1, [1])
        assert found[str(at)].text == runner._tokenizer.decode(wanted, skip_special_tokens=True)
    longest = sum(sorted(map(len, ids))[-2:])
    assert longest - 16 < sum(read) < longest + 16 * len(prompts) < sum(map(len, ids))


def test_a_stop_text_ends_a_row_and_forms_hold_beside_free_rows(whole: Path) -> None:
    runner = LocalRunner("hf/tiny", whole, precision=EXACT, device="cpu")
    free = answers(runner, asked(["1 0 1"], [20]))["0"].text
    stop = free[3:5]
    cut = Request("cut", (Message("user", "1 0 1"),), Sampling(20, stop=(stop,)))
    held = Request("held", (Message("user", "1"),), Sampling(20), form=AnswerForm("[0-9]{4}", {}))
    whole_row = Request("free", (Message("user", "1 0 1"),), Sampling(20))
    found = answers(runner, [cut, held, whole_row])
    assert found["cut"].text == free[: free.index(stop)]
    assert found["cut"].finish_reason == "stop"
    assert found["free"].text == free
    assert found["held"].text.isdigit()
    assert len(found["held"].text) == 4


def test_a_model_with_attention_of_its_own_way_takes_no_lens(tmp_path: Path) -> None:
    import torch
    from snellen.errors import InputError
    from snellen.runners.local.attention import worn
    from snellen.tasks.lenses.inside import read_inside
    from transformers import MambaConfig, MambaForCausalLM

    torch.manual_seed(0)
    model = MambaForCausalLM(
        MambaConfig(vocab_size=40, hidden_size=16, num_hidden_layers=1, state_size=4)
    )
    with (
        pytest.raises(
            InputError, match="lens logn:64: MambaForCausalLM has attention in its own way"
        ),
        worn(model, read_inside(["logn:64"])),
    ):
        pass


def test_beginnings_are_kept_while_there_is_room_and_the_latest_always() -> None:
    kept = Beginnings(room=5)
    kept.keep([1, 2, 3], "a")
    kept.keep([4, 5], "b")
    assert kept.find([1, 2, 9]) == (2, "a")
    kept.keep([7], "c")  # "b" was of use longest ago
    assert kept.find([4, 5]) == (0, None)
    assert kept.find([1, 2, 3, 4]) == (3, "a")
    kept.keep([8] * 9, "d")
    assert kept.find([1]) == (0, None)
    assert kept.find([8]) == (1, "d")
