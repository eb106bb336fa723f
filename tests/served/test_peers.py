"""`transformers serve`, a LiteLLM proxy before it, and stock lm-eval: the same texts everywhere.

Greedy, float32, the bundled model: what our own runner answers in this process is what every
server and every peer must come to, trial by trial.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from snellen.errors import ModelRefused
from snellen.runners.kinds import Options
from snellen.runners.local.runner import bundled_runner
from snellen.runners.protocol import Failure, Message, Reply, Request, Runner, Sampling
from snellen.runners.registry import open_runner
from snellen.tasks.registry import TASKS
from snellen.tasks.trial import build_trial

from .servers import free_port, python_of, running

pytestmark = pytest.mark.served

MASTER_KEY = "sk-served-tests-0123456789"
LIMIT = 24


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    return [
        build_trial(TASKS[name], "direct", "none", length, index, 0).prompt
        for name in ("count_ones", "copy_last", "sum_ones")
        for length in (2, 9, 24)
        for index in range(2)
    ]


@pytest.fixture(scope="module")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = python_of("transformers").with_name("transformers")
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("transformers") / "log"
    offline = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    with running([*command, "--dtype", "float32"], f"{root}/health", log, environment=offline):
        yield root


@pytest.fixture(scope="module")
def litellm(
    transformers_serve: str, model_folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    program = python_of("litellm").with_name("litellm")
    folder = tmp_path_factory.mktemp("litellm")
    parameters = {
        "model": f"openai/{model_folder}",
        "api_base": f"{transformers_serve}/v1",
        "api_key": "none",
    }
    config = {
        "model_list": [{"model_name": "smollm2", "litellm_params": parameters}],
        "general_settings": {"master_key": MASTER_KEY},
        "litellm_settings": {"drop_params": True},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    command = [str(program), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1"]
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    health = f"{root}/health/liveliness"
    with running([*command, "--port", str(port)], health, folder / "log", environment=offline):
        yield root


def texts(runner: Runner, prompts: list[str]) -> dict[str, str]:
    """The answer to each prompt."""
    found: dict[str, Reply | Failure] = {}
    requests = [Request(p, (Message("user", p),), Sampling(LIMIT)) for p in prompts]
    with closing(runner):
        runner.answer(requests, lambda rows: found.update((r.key, a) for r, a in rows))
    failed = [result for result in found.values() if isinstance(result, Failure)]
    assert not failed
    return {key: reply.text for key, reply in found.items() if isinstance(reply, Reply)}


@pytest.fixture(scope="module")
def ours(prompts: list[str]) -> dict[str, str]:
    """What the model answers in this process."""
    return texts(bundled_runner(device="cpu"), prompts)


def test_transformers_serve_answers_as_we_do(
    transformers_serve: str, model_folder: str, prompts: list[str], ours: dict[str, str]
) -> None:
    runner = open_runner(f"openai/{model_folder}", Options(base_url=f"{transformers_serve}/v1"))
    assert texts(runner, prompts) == ours


def test_stock_lm_eval_gets_the_same_texts(
    transformers_serve: str, model_folder: str, prompts: list[str], ours: dict[str, str]
) -> None:
    import lm_eval.models  # noqa: F401 - registers the built-in models
    from lm_eval.api.instance import Instance
    from lm_eval.api.registry import get_model

    model = get_model("local-chat-completions")(
        model=model_folder,
        base_url=f"{transformers_serve}/v1/chat/completions",
        num_concurrent=1,
        tokenizer_backend=None,
        eos_string="<|im_end|>",
        tokenized_requests=False,
    )
    settings = {"max_gen_toks": LIMIT, "temperature": 0.0, "until": []}
    turns = [model.apply_chat_template([{"role": "user", "content": p}]) for p in prompts]
    asked = [Instance("generate_until", {}, (turn, settings), i) for i, turn in enumerate(turns)]
    theirs = dict(zip(prompts, model.generate_until(asked, disable_tqdm=True), strict=True))
    assert {p: text.strip() for p, text in theirs.items()} == {
        p: text.strip() for p, text in ours.items()
    }


def test_a_proxy_changes_nothing_on_openais_side(
    litellm: str, prompts: list[str], ours: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", MASTER_KEY)
    runner = open_runner("openai/smollm2", Options(base_url=f"{litellm}/v1"))
    assert texts(runner, prompts) == ours


def test_a_proxy_changes_nothing_on_geminis_side(
    litellm: str, prompts: list[str], ours: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", MASTER_KEY)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    runner = open_runner("gemini/smollm2", Options(base_url=litellm))
    found = texts(runner, prompts)
    assert found == ours


@pytest.mark.parametrize(
    ("name", "key"), [("no-such-model", MASTER_KEY), ("smollm2", "sk-another-key-0123456789")]
)
@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_a_wrong_model_or_key_at_a_proxy_ends_early(
    litellm: str, wire: str, name: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(variable, key)
    base_url = f"{litellm}/v1" if wire == "openai" else litellm
    runner = open_runner(f"{wire}/{name}", Options(base_url=base_url))
    pulled = 0

    def requests() -> Iterator[Request]:
        nonlocal pulled
        for i in range(200):
            pulled += 1
            yield Request(str(i), (Message("user", f"{i}"),), Sampling(8))

    with closing(runner), pytest.raises(ModelRefused):
        runner.answer(requests(), lambda rows: None)
    assert pulled < 60
