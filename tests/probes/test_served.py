"""The probe through a server: a loopback server that computes with a real (tiny) model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import rel_entr
from snellen.errors import InputError
from snellen.probes.served.client import CompletionServer
from snellen.probes.served.measure import (
    ServedPlan,
    lumped_distances,
    measure_served,
)
from snellen.probes.served.probe import probe_served_collapse
from snellen.probes.states.kinds import KINDS

LENGTHS = (1, 4, 16)


class Server(ThreadingHTTPServer):
    """Speaks /v1/completions and /tokenize; ``mode`` chooses what it does wrong."""

    def __init__(self, model: Any, tokenizer: Any):
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.tokenizer = model, tokenizer
        self.mode = "well"
        self.asked: list[dict[str, Any]] = []
        self.headers_seen: list[dict[str, str]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.headers_seen.append({k.lower(): v for k, v in self.headers.items()})
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = self.server.tokenizer.encode(body["prompt"])
        if self.path == "/tokenize":
            status = 404 if self.server.mode == "plain" else 200
            return self._answer(status, {"count": len(ids), "tokens": ids})
        assert self.path == "/v1/completions"
        self.server.asked.append(body)
        if self.server.mode == "refuses":
            return self._answer(400, {"message": "logprobs must be at most 5"})
        with self.server.lock, torch.no_grad():
            logits = self.server.model(input_ids=torch.tensor([ids])).logits[0, -1]
            if self.server.mode == "noisy":
                logits = logits + 0.3 * torch.randn(logits.shape)
        best = logits.log_softmax(-1).topk(body["logprobs"])
        named = {
            f"token_id:{int(i)}": float(v) for v, i in zip(best.values, best.indices, strict=True)
        }
        logprobs = None if self.server.mode == "mute" else {"top_logprobs": [named]}
        return self._answer(200, {"choices": [{"text": "x", "logprobs": logprobs}]})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(tiny: Any, tokenizer: Any) -> Iterator[Server]:
    made = Server(tiny("llama"), tokenizer)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def measure(server: Server, *kinds: str, **options: Any) -> Any:
    plan = ServedPlan(kinds, LENGTHS, **options)
    with CompletionServer("tiny", server.url) as client:
        return measure_served(client, plan)


def test_distances_are_those_of_the_model_s_distributions(server: Server, tiny: Any) -> None:
    table = measure(server, "count_ones", top=128)["served"]
    lead = KINDS["count_ones"].question + " "
    for row in table.to_dict("records"):
        both = []
        for n in (row["length"], row["length"] + 1):
            ids = server.tokenizer.encode(lead + "1" * n)
            logits = tiny("llama")(input_ids=torch.tensor([ids])).logits[0, -1].double()
            both.append(logits.softmax(-1).numpy())
        assert row["tv"] == pytest.approx(np.abs(both[0] - both[1]).sum() / 2, abs=1e-4)
        assert row["kl"] == pytest.approx(rel_entr(*both).sum(), abs=1e-4)
        assert row["covered"] == pytest.approx(1, abs=1e-5)
        assert row["tokens"] == len(lead) + row["length"]
    assert table.one_token_per_item.all()


def test_few_log_probabilities_give_lower_bounds(server: Server) -> None:
    full = measure(server, "count_ones", top=128)["served"]
    some = measure(server, "count_ones", top=5)["served"]
    assert (some.tv <= full.tv + 1e-6).all()
    assert (some.kl <= full.kl + 1e-6).all()
    assert (some.covered < full.covered).all()


def test_lumps_by_hand() -> None:
    p = {"a": np.log(0.5), "b": np.log(0.3)}
    q = {"a": np.log(0.4), "c": np.log(0.4)}
    found = lumped_distances(p, q)
    assert found["tv"] == pytest.approx(0.1)
    assert found["kl"] == pytest.approx(0.5 * np.log(0.5 / 0.4) + 0.5 * np.log(0.5 / 0.6))
    assert found["covered"] == pytest.approx(0.4)
    assert lumped_distances(p, p)["tv"] == 0


def test_a_server_that_repeats_itself_has_an_empty_band(server: Server) -> None:
    tables = measure(server, "count_ones", "identical")
    table = tables["served"].set_index("kind")
    assert (table.null_tv < 1e-6).all()
    assert table.loc["identical"].inside.all()
    assert not table.loc["count_ones"].inside.any()


def test_a_noisy_server_hides_what_it_cannot_repeat(server: Server) -> None:
    server.mode = "noisy"
    torch.manual_seed(0)
    table = measure(server, "identical", calls=6)["served"]
    assert (table.tv > 0.01).all()
    assert table.inside.all()


def test_every_prompt_is_asked_as_often_as_planned(server: Server) -> None:
    measure(server, "count_sampled", calls=3, repetitions=2)
    assert len(server.asked) == 3 * 2 * 2 * len(LENGTHS)
    assert all(body["max_tokens"] == 1 and body["temperature"] == 0 for body in server.asked)


def test_a_merging_tokenizer_is_found_and_named(
    tiny: Any, merging_tokenizer: Any, server: Server, tmp_path: Path
) -> None:
    server.tokenizer = merging_tokenizer
    plan = ServedPlan(("count_ones",), LENGTHS, calls=2)
    result = probe_served_collapse("vllm/tiny", server.url, plan, out=tmp_path)
    assert len(result.warnings) == 1
    assert "merges repeated symbols at n = 1" in result.warnings[0]
    assert (result.folder / "served.csv").exists()
    assert (result.folder / "figures" / "served.svg").exists()


def test_a_server_without_tokenize_leaves_the_column_blank(server: Server) -> None:
    server.mode = "plain"
    table = measure(server, "count_ones")["served"]
    assert table.tokens.isna().all()
    assert table.one_token_per_item.isna().all()


def test_the_server_gets_its_own_key_and_never_openai_s(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, f"secret-of-openai-{name}")
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    measure(server, "count_ones", calls=2)
    monkeypatch.setenv("VLLM_API_KEY", "the-server-s-own")
    with CompletionServer("tiny", server.url) as client:
        client.next_token("1", 5)
        client.tokens("1")
    sent = [" ".join(headers.values()) for headers in server.headers_seen]
    assert not any("secret-of-openai" in values for values in sent)
    bearers = [headers.get("authorization") for headers in server.headers_seen]
    assert bearers[-2:] == ["Bearer the-server-s-own"] * 2
    assert set(bearers[:-2]) == {"Bearer none"}


def test_what_a_server_may_do_wrong_is_one_line(server: Server) -> None:
    server.mode = "mute"
    with pytest.raises(InputError, match="gives no log probabilities"):
        measure(server, "count_ones")
    server.mode = "refuses"
    with pytest.raises(InputError, match=r"refuses \(400\): .*at most 5"):
        measure(server, "count_ones")
    with pytest.raises(InputError, match="--calls 1 gives no null band"):
        measure(server, "count_ones", calls=1)
    with (
        pytest.raises(InputError, match="no server at"),
        CompletionServer("x", "http://127.0.0.1:9/v1") as client,
    ):
        client.next_token("1", 5)
