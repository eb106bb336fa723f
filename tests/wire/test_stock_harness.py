"""Our models under lm-eval, and lm-eval's backends under us, against servers on the wire."""

from __future__ import annotations

import json
import sqlite3

import lm_eval
import pytest
from lm_eval.api.registry import get_model, model_registry
from lm_eval.tasks import TaskManager
from snellen.errors import InputError, ModelRefused
from snellen.harness import models as plugin
from snellen.runners.lm_eval.runner import BackendRunner
from snellen.runners.protocol import Failure, Reply
from wireserver import Wire, answer_to

# aiohttp leaves lm-eval's own connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

DOCS = [f"{a} plus {b}?" for a in range(4) for b in range(3)]


@pytest.fixture
def task(tmp_path):
    """A task that is not ours, as a user would write it."""
    data = tmp_path / "docs.json"
    data.write_text("\n".join(json.dumps({"q": q, "a": answer_to(q)}) for q in DOCS))

    def build(kind):
        generate = {
            "output_type": "generate_until",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 24, "temperature": 0.0},
            "metric_list": [{"metric": "exact_match"}],
        }
        choose = {"output_type": "multiple_choice", "doc_to_choice": ["yes", "no"]}
        return {
            "task": f"sums_{kind}",
            "dataset_path": "json",
            "dataset_kwargs": {
                "data_files": {"test": str(data)},
                "cache_dir": str(tmp_path / "cache"),
            },
            "test_split": "test",
            "doc_to_text": "{{q}}",
            "doc_to_target": "{{a}}" if kind == "generate" else 0,
        } | (generate if kind == "generate" else choose)

    return build


def evaluate(task, name, args, **options):
    return lm_eval.simple_evaluate(
        model=name,
        model_args=args,
        tasks=[task],
        task_manager=TaskManager(include_defaults=False),
        bootstrap_iters=0,
        batch_size=1,
        device="cuda:0",
        **options,
    )


@pytest.mark.parametrize(
    ("name", "path"), [("snellen-openai", "/v1"), ("snellen-vllm", "/v1"), ("snellen-gemini", "")]
)
def test_a_foreign_task_through_our_models(serve, task, name, path, tmp_path):
    wire = Wire(lambda call: "503" if call.attempt == 1 and "1 plus" in call.prompt else None)
    journal = tmp_path / "j.sqlite"
    args = {"model": "wire-1", "base_url": serve(wire).root + path, "journal": str(journal)}
    results = evaluate(task("generate"), name, args, apply_chat_template=True)
    assert results["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert results["config"]["snellen_model"].endswith("/wire-1")
    calls = len(wire.calls)
    assert calls == len(DOCS) + 3
    again = evaluate(task("generate"), name, args, apply_chat_template=True)
    assert again["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert len(wire.calls) == calls
    with sqlite3.connect(journal) as db:
        assert db.execute("SELECT count(*) FROM answers").fetchone() == (len(DOCS),)


def test_log_likelihoods_are_refused_where_there_are_none(serve, task):
    args = {"model": "wire-1", "base_url": serve(Wire()).root + "/v1"}
    with pytest.raises(InputError, match="gives no log-probabilities of a given text"):
        evaluate(task("choose"), "snellen-openai", args)


def test_none_of_the_built_in_models_is_hidden():
    for name in ("hf", "vllm", "local-chat-completions", "dummy"):
        assert name in model_registry
    assert get_model("snellen-gemini") is plugin.SnellenGemini


@pytest.mark.parametrize("secret", ["api_key", "token"])
def test_a_key_among_the_arguments_is_refused(secret):
    with pytest.raises(InputError, match=f"{secret} in --model_args would be written"):
        plugin.SnellenOpenAI(model="m", **{secret: "sk-1"})
    with pytest.raises(InputError, match="would be written into the results"):
        BackendRunner("lm-eval/x", "local-chat-completions", {secret: "sk-1"})


def test_a_model_without_a_name():
    with pytest.raises(InputError, match="snellen-openai needs model="):
        plugin.SnellenOpenAI()


@pytest.fixture
def backend(serve):
    """lm-eval's own client for compatible servers, as a runner of ours."""

    def build(wire, **options):
        args = {
            "model": "wire-1",
            "base_url": serve(wire).root + "/v1/chat/completions",
            "max_retries": 1,
        }
        return BackendRunner("lm-eval/local-chat-completions", "local-chat-completions", args)

    return build


def test_a_stock_backend_answers_in_chunks(backend, ask):
    chunks = []
    wire = Wire()
    runner = backend(wire)
    requests = [ask(f"q {i}", stop=("\n",), seed=3) for i in range(150)]
    runner.answer(iter(requests), lambda answers: chunks.append(list(answers)))
    answers = [pair for chunk in chunks for pair in chunk]
    assert [len(chunk) for chunk in chunks] == [64, 64, 22]
    assert [reply.text for _, reply in answers] == [answer_to(f"q {i}") for i in range(150)]
    assert wire.calls[0].body["stop"] == ["\n"]
    assert wire.calls[0].body["max_tokens"] == 16
    assert list(runner.dropped) == ["seed"]
    assert runner.numerics["engine"] == "lm-eval/local-chat-completions"


def test_one_bad_request_fails_alone(backend, ask, delivered):
    runner = backend(Wire(lambda call: "error:overflow" if call.prompt == "bad" else None))
    runner.answer([ask("a"), ask("bad"), ask("b")], delivered)
    assert isinstance(delivered["bad"], Failure)
    assert isinstance(delivered["a"], Reply)
    assert isinstance(delivered["b"], Reply)


def test_a_backend_that_answers_nothing_is_refused_early(backend, ask, delivered):
    wire = Wire(lambda call: "error:wrong_key")
    with pytest.raises(ModelRefused, match="answers nothing"):
        backend(wire).answer((ask(f"q {i}") for i in range(500)), delivered)
    assert len(wire.calls) <= 5


def test_unknown_backends_and_bad_arguments():
    with pytest.raises(InputError, match="lm-eval has no backend 'nonsense'"):
        BackendRunner("lm-eval/nonsense", "nonsense", {})
    with pytest.raises(InputError, match="backend local-chat-completions cannot be made"):
        BackendRunner("m", "local-chat-completions", {"model": "m", "num_concurrent": "many"})
