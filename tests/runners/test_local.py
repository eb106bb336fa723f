"""Models in this process, on a tiny one with random weights: greedy, forced, scored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from snellen.errors import SnellenError
from snellen.runners.local.runner import LocalRunner
from snellen.runners.protocol import AnswerForm, Failure, Message, Reply, Request, Sampling

PROMPTS = ["1 1 1 1", "count: 10101", "a", "the last one of 1 1 1 1 0 is"]
NUMBER = AnswerForm(r"-?[0-9]{1,6}", {})
ROLE = AnswerForm(r"(zero|one|two)\.", {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama over bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(["<s>", "</s>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    path = tmp_path_factory.mktemp("tiny")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"
    ).save_pretrained(path)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=264,  # a few more than there are tokens, as real models have
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=0,
        eos_token_id=1,
        initializer_range=0.4,
    )
    LlamaForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def runner(folder: Path) -> LocalRunner:
    return LocalRunner("hf/tiny", folder, device="cpu")


def texts(
    runner: LocalRunner,
    forms: Sequence[AnswerForm | None] = (None,) * len(PROMPTS),
    limit: int = 12,
) -> list[str]:
    asked = [
        Request(str(i), (Message("user", prompt),), Sampling(limit), form=form)
        for i, (prompt, form) in enumerate(zip(PROMPTS, forms, strict=True))
    ]
    found: dict[str, str] = {}

    def deliver(results: object) -> None:
        for request, reply in results:  # type: ignore[attr-defined]
            assert isinstance(reply, Reply)
            found[request.key] = reply.text

    runner.answer(asked, deliver)
    return [found[str(i)] for i in range(len(PROMPTS))]


def test_greedy_is_greedy_whatever_the_model_is_shipped_with(
    folder: Path, runner: LocalRunner, tmp_path: Path
) -> None:
    import shutil

    from transformers import GenerationConfig

    plain = texts(runner)
    assert any(len(set(text)) < len(text) for text in plain)  # a penalty would show
    shutil.copytree(folder, tmp_path / "penal")
    GenerationConfig(
        eos_token_id=1, repetition_penalty=1.9, no_repeat_ngram_size=1, top_k=7, do_sample=True
    ).save_pretrained(tmp_path / "penal")
    penal = LocalRunner("hf/tiny", tmp_path / "penal", device="cpu", weights=str(folder))
    assert texts(penal) == plain
    aside = {"no_repeat_ngram_size": 1, "repetition_penalty": 1.9}
    assert penal.generation == {"set_aside": aside}
    # Part of the identity where there is something to say, and nowhere else: keys stay.
    assert dict(penal.numerics) == dict(runner.numerics) | {"generation_set_aside": aside}
    assert runner.generation == {}


def test_forced_answers_keep_to_their_form_and_leave_the_others_alone(runner: LocalRunner) -> None:
    free = texts(runner)
    mixed = texts(runner, [NUMBER, None, ROLE, None])
    assert re.fullmatch(NUMBER.regex, mixed[0])
    assert re.fullmatch(ROLE.regex, mixed[2])
    assert [mixed[1], mixed[3]] == [free[1], free[3]]
    assert not any(re.fullmatch(NUMBER.regex, text) for text in free)
    assert texts(runner, [NUMBER] * 4) == texts(runner, [NUMBER] * 4)


def test_a_forced_answer_that_is_cut_says_so(runner: LocalRunner) -> None:
    replies: list[Reply | Failure] = []
    form = AnswerForm("[0-9]{30}", {})
    asked = Request("k", (Message("user", "1"),), Sampling(10), form=form)
    runner.answer([asked], lambda results: replies.extend(reply for _, reply in results))
    (reply,) = replies
    assert isinstance(reply, Reply)
    assert re.fullmatch("[0-9]{10}", reply.text)
    assert reply.finish_reason == "length"


def test_a_form_that_is_no_expression_is_a_programming_error(runner: LocalRunner) -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        texts(runner, [AnswerForm("(((", {}), None, None, None])


def test_log_likelihoods_are_those_of_one_text_at_a_time(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    tokenizer, model = runner._tokenizer, runner._model
    pairs = [
        ("one two", " three"),
        ("one two ", "three and much more"),
        ("", "from the beginning"),
        ("1 1 1 1 1 1 1 1", " 8"),
        ("x", ""),
    ]
    wanted = []
    for context, text in pairs:
        lead = context.rstrip()
        before = tokenizer.encode(lead, add_special_tokens=False) if lead else [0]
        tail = tokenizer.encode((context + text)[len(lead) :], add_special_tokens=False)
        ids = before + tail  # one token is one byte: they split anywhere
        with torch.no_grad():
            logp = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
        places = range(len(before), len(ids))
        total = sum(float(logp[i - 1, ids[i]]) for i in places)
        wanted.append((total, all(int(logp[i - 1].argmax()) == ids[i] for i in places)))
    greedy = texts(runner)[0]
    for memory in (2**29, 1):  # all in one batch; one text in each
        monkeypatch.setattr("snellen.runners.local.scoring._SCORES_BYTES", memory)
        found = runner.loglikelihood(pairs)
        assert [total for total, _ in found] == pytest.approx([t for t, _ in wanted], abs=1e-3)
        assert [greedy for _, greedy in found] == [greedy for _, greedy in wanted]
    assert "\N{REPLACEMENT CHARACTER}" in greedy or runner.loglikelihood([(PROMPTS[0], greedy)])


def test_a_text_beyond_the_context_is_not_scored(runner: LocalRunner) -> None:
    assert len(runner.loglikelihood([("1" * 120, "1" * 9)])) == 1
    with pytest.raises(SnellenError, match="could not be scored: 130 tokens, the context is 128"):
        runner.loglikelihood([("1" * 120, "1" * 10)])
