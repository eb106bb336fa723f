"""A real vLLM server, started by our runner and driven end to end."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from snellen.errors import InputError
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.protocol import AnswerForm, Failure, Message, Reply, Request, Runner, Sampling
from snellen.runners.vllm.provider import Vllm
from snellen.runners.vllm.runner import VllmRunner
from snellen.runners.vllm.server import VllmServer

pytestmark = pytest.mark.served

SNELLEN = [sys.executable, "-m", "snellen"]


def ask(prompt: str, limit: int = 16, **sampling: Any) -> Request:
    return Request(prompt, (Message("user", prompt),), Sampling(limit, **sampling))


def collect(runner: Runner, requests: Iterable[Request]) -> dict[str, Reply | Failure]:
    answers: dict[str, Reply | Failure] = {}
    runner.answer(requests, lambda rows: answers.update({r.key: a for r, a in rows}))
    return answers


def replies(runner: Runner, requests: Iterable[Request]) -> dict[str, Reply]:
    """The answers, none of which is a failure."""
    answers = collect(runner, requests)
    found = {key: answer for key, answer in answers.items() if isinstance(answer, Reply)}
    assert found == answers
    return found


def is_free(port: int) -> bool:
    """Whether the dying have let go of a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def pid_of(server: VllmServer) -> int:
    """The server's own process, which leads all of its others."""
    (pid, *_) = re.findall(r"APIServer pid=(\d+)", server.log_path.read_text())
    return int(pid)


def url_of(runner: VllmRunner) -> str:
    return runner.provider.base_url


def test_what_the_server_is_goes_into_the_numerics(served: VllmRunner) -> None:
    assert served.context_length == 2048
    assert served.base_url is None  # its port is of no consequence
    assert dict(served.numerics) | {
        "engine": "vllm",
        "dtype": "float32",
        "quantization": "None",
        "enable_prefix_caching": "True",
        "tensor_parallel_size": "1",
        "data_parallel_size": "1",
        "batch_invariant": "0",
        "enforce_eager": "True",
        "max_model_len": "2048",
    } == dict(served.numerics)
    assert served.numerics["version"].startswith("0.")
    json.dumps(dict(served.numerics))


def test_thirty_two_at_once(served: VllmRunner) -> None:
    requests = [ask(f"What is {i} plus {i}?") for i in range(64)]
    answers = replies(served, requests)
    assert len(answers) == 64
    for reply in answers.values():
        assert reply.finish_reason in ("stop", "length")
        assert reply.completion_tokens == 16 or reply.finish_reason == "stop"
        assert (reply.prompt_tokens or 0) > 10
        assert (reply.fingerprint or "").startswith("smollm2 vllm-")


def test_it_knows_the_capital_of_france(served: VllmRunner) -> None:
    (reply,) = replies(served, [ask("What is the capital of France?")]).values()
    assert "Paris" in reply.text


def test_settings_arrive(served: VllmRunner) -> None:
    (stopped,) = replies(served, [ask("Count from 1 to 9.", 32, stop=("5",))]).values()
    assert "5" not in stopped.text
    hot = {
        replies(served, [ask("Write a word.", 8, temperature=1.5, seed=seed)])["Write a word."].text
        for seed in range(4)
    }
    assert len(hot) > 1


def test_greedy_is_greedy_whatever_the_server_was_started_with(served: VllmRunner) -> None:
    prompts = [f"Repeat exactly: {'1 ' * n}0" for n in (6, 12, 20)]
    ours = replies(served, [ask(prompt, 24) for prompt in prompts])

    def raw(prompt: str, **settings: float) -> str:
        body: dict[str, Any] = {
            "model": "smollm2",
            "messages": [{"role": "user", "content": prompt}],
        }
        body |= {"max_tokens": 24, "temperature": 0.0, **settings}
        answer = httpx2.post(f"{url_of(served)}/chat/completions", json=body, timeout=120.0)
        return str(answer.json()["choices"][0]["message"]["content"])

    neutral = {prompt: raw(prompt, repetition_penalty=1.0) for prompt in prompts}
    assert {prompt: reply.text for prompt, reply in ours.items()} == neutral
    assert {prompt: raw(prompt) for prompt in prompts} != neutral  # the server has its own
    assert served.generation["repetition_penalty"] == 1.0


def test_forced_answers_keep_to_their_form(served: VllmRunner) -> None:
    form = AnswerForm("[0-9]{1,4}", {"type": "object"})
    requests = [
        Request(f"What is {i} plus {i}?", (Message("user", f"{i}+{i}?"),), Sampling(12), form=form)
        for i in range(6)
    ]
    for reply in replies(served, requests).values():
        assert re.fullmatch(form.regex, reply.text)
        assert reply.finish_reason == "stop"


def test_what_it_is_comes_from_an_answer_of_its_own(served: VllmRunner) -> None:
    (reply,) = replies(served, [ask("Say hello.")]).values()
    assert reply.fingerprint == f"smollm2 {served.numerics['fingerprint']}"
    assert not served.notices


def test_raw_text_is_continued(served: VllmRunner) -> None:
    raw = Request("r", (Message("user", "1, 2, 3, 4,"),), Sampling(4), raw=True)
    (reply,) = replies(served, [raw]).values()
    assert reply.text.strip().startswith("5")


def test_a_prompt_longer_than_the_context_fails_alone(served: VllmRunner) -> None:
    answers = collect(served, [ask("1 " * 3000), ask("Say hello.")])
    failure = answers["1 " * 3000]
    assert isinstance(failure, Failure)
    assert failure.status == 400
    assert "maximum context length is 2048" in failure.reason
    assert isinstance(answers["Say hello."], Reply)


def test_tokens_are_counted_as_the_model_reads_them(served: VllmRunner, model_folder: str) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    for text in ("1111111111", "1 + 1 + 1", "How many cars? car car", ""):
        assert served.count_tokens(text) == len(tokenizer.encode(text, add_special_tokens=False))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_log_likelihoods_agree_with_transformers(served: VllmRunner, model_folder: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    pairs = [
        ("The capital of France is", " Paris"),
        ("The capital of France is", " a banana and"),
        ("One, two, three, ", "four"),
        ("", "Hello world"),
    ]
    for (context, text), (total, greedy) in zip(pairs, served.loglikelihood(pairs), strict=True):
        lead = context.rstrip()
        before = tokenizer.encode(lead) if lead else [tokenizer.bos_token_id]
        whole = tokenizer.encode(context + text)
        ids = whole if lead else before + whole
        with torch.no_grad():
            logp = torch.log_softmax(model(torch.tensor([ids])).logits[0], dim=-1)
        places = range(len(before), len(ids))
        wanted = sum(float(logp[i - 1, ids[i]]) for i in places)
        assert total == pytest.approx(wanted, abs=2e-3)
        assert greedy == all(int(logp[i - 1].argmax()) == ids[i] for i in places)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_alternatives_are_scored_as_in_this_process(served: VllmRunner, model_folder: str) -> None:
    from snellen.runners.local.runner import LocalRunner

    here = LocalRunner("hf/smollm2", model_folder, device="cpu")
    chat = Message("user", "How many ones are there in 1 1 1 1? Answer with the number alone.")
    raw = Message("user", "Question: 1 1 1\nAnswer: 3\n\nQuestion: 1 1 1 1\nAnswer:")
    choices = ("3", "4", "5", "10", "1 1 1 1")
    asked = [
        Request("chat", (chat,), Sampling(8), choices=choices),
        Request("raw", (raw,), Sampling(8, stop=("\n\n",)), raw=True, choices=choices),
    ]
    for one, other in zip(here.score(asked), served.score(asked), strict=True):
        assert isinstance(one, Reply)
        assert isinstance(other, Reply), other
        wanted, found = json.loads(one.text), json.loads(other.text)
        assert found["scores"] == pytest.approx(wanted["scores"], abs=2e-3)
        assert found["answer"] == wanted["answer"]
        assert other.prompt_tokens == one.prompt_tokens


def test_a_text_too_long_to_score_says_so(served: VllmRunner) -> None:
    with pytest.raises(Exception, match="could not be scored"):
        served.loglikelihood([("1 " * 3000, "2")])


def test_another_model_is_not_served(served: VllmRunner) -> None:
    with pytest.raises(InputError, match=r"no model 'nope' at .*; it serves smollm2"):
        Vllm("nope", base_url=url_of(served), model="vllm/nope")


def test_the_openai_provider_drives_it_too(served: VllmRunner) -> None:
    from snellen.runners.openai.provider import OpenAI

    runner = Dispatch(OpenAI("smollm2", base_url=url_of(served)), Limits(concurrency=4))
    answers = replies(runner, [ask("What is the capital of France?", reasoning_effort="low")])
    runner.close()
    assert "Paris" in answers["What is the capital of France?"].text


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_multiple_choice_under_the_stock_harness(served: VllmRunner, tmp_path: Path) -> None:
    import lm_eval
    from lm_eval.tasks import TaskManager
    from snellen.harness import models  # noqa: F401 - registers our models

    data = tmp_path / "docs.json"
    rows = [("The capital of France is", "Paris"), ("The capital of Italy is", "Rome")]
    data.write_text("\n".join(json.dumps({"q": q, "a": a}) for q, a in rows))
    results = lm_eval.simple_evaluate(
        model="snellen-vllm",
        model_args={"model": "smollm2", "base_url": url_of(served)},
        tasks=[
            {
                "task": "capitals",
                "output_type": "multiple_choice",
                "dataset_path": "json",
                "dataset_kwargs": {
                    "data_files": {"test": str(data)},
                    "cache_dir": str(tmp_path / "cache"),
                },
                "test_split": "test",
                "doc_to_text": "{{q}}",
                "doc_to_choice": ["Paris", "Rome", "Banana"],
                "doc_to_target": "{{['Paris', 'Rome'].index(a)}}",
            }
        ],
        task_manager=TaskManager(include_defaults=False),
        bootstrap_iters=0,
    )
    assert results["results"]["capitals"]["acc,none"] == 1.0


def rows_of(run: Path) -> list[dict[str, str]]:
    """The rows of a run's trials, without what no two runs share."""
    (path,) = run.rglob("trials.csv")
    with path.open() as file:
        return [
            {k: v for k, v in row.items() if k not in ("run_id", "latency_s")}
            for row in csv.DictReader(file)
        ]


def test_kill_and_resume_from_the_command_line(served: VllmRunner, tmp_path: Path) -> None:
    words = [
        *("run", "--model", "vllm/smollm2", "--base-url", url_of(served)),
        *("--tasks", "count_ones,copy_last", "--lengths", "1,4,16,64", "--trials", "8"),
        *("--concurrency", "4", "--max-tokens", "32"),
    ]
    straight = [*SNELLEN, *words, "--out", str(tmp_path / "straight")]
    assert subprocess.run(straight, check=False).returncode == 0
    command = [*SNELLEN, *words, "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command)
    while not list((tmp_path / "killed").rglob("journal.sqlite")):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(4)
    process.kill()
    process.wait()
    assert subprocess.run(command, check=False).returncode == 0
    rows = rows_of(tmp_path / "killed")
    assert len(rows) == 2 * 4 * 8
    assert rows == rows_of(tmp_path / "straight")


def test_our_own_server_from_the_command_line(
    vllm_python: str, model_folder: str, tmp_path: Path
) -> None:
    command = [
        *(*SNELLEN, "run", "--model", f"vllm/{model_folder}", "--dtype", "float32"),
        *("--model-args", "enforce_eager=true,max_model_len=1024", "--tasks", "count_ones"),
        *("--lengths", "1,8", "--trials", "2", "--out", str(tmp_path / "out")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(rows_of(tmp_path / "out")) == 4
    (log,) = (tmp_path / "out").rglob("vllm.log")
    assert "Application shutdown complete" in log.read_text()


def test_a_server_killed_midway_and_started_again(
    vllm_python: str, engine: dict[str, object], model_folder: str, tmp_path: Path
) -> None:
    engine = engine | {"served_model_name": "smollm2"}
    server = VllmServer(model_folder, engine, tmp_path)
    port = int(server.base_url.split(":")[2].split("/")[0])
    provider = Vllm("smollm2", base_url=server.base_url, model="vllm/smollm2")
    runner = VllmRunner(provider, Limits(concurrency=4, give_up_s=400.0))
    answers: dict[str, Reply | Failure] = {}
    restarted: list[VllmServer] = []

    def restart() -> None:
        while len(answers) < 5:
            time.sleep(0.05)
        os.killpg(pid_of(server), signal.SIGKILL)
        while not is_free(port):
            time.sleep(0.05)
        restarted.append(VllmServer(model_folder, engine | {"port": port}, tmp_path / "again"))

    thread = threading.Thread(target=restart, daemon=True)
    thread.start()
    runner.answer(
        (ask(f"Say the number {i}.", 24) for i in range(60)),
        lambda rows: answers.update({r.key: a for r, a in rows}),
    )
    thread.join()
    runner.close()
    server.stop()
    restarted[0].stop()
    assert len(answers) == 60
    assert all(isinstance(answer, Reply) for answer in answers.values())


def test_a_stopped_server_is_gone(
    vllm_python: str, engine: dict[str, object], model_folder: str, tmp_path: Path
) -> None:
    server = VllmServer(model_folder, engine, tmp_path)
    pid = pid_of(server)
    assert httpx2.get(server.base_url.replace("/v1", "/health")).status_code == 200
    server.stop()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(server.base_url.replace("/v1", "/health"))
    left = subprocess.run(["ps", "-o", "stat=", "-g", str(pid)], capture_output=True, check=False)
    assert not left.stdout.replace(b"Z", b"").strip(b"Ns+l \n")  # but for zombies
    server.stop()
