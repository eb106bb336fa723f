"""Planted faults: a proxy that spoils long inputs is found, and said from where on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import snellen
from snellen.store.plan import Plan

from .gate_proxy import Proxy, Spoil, coarse, drop_middle, only_the_first, shuffle_blocks
from .gate_servers import Server, noisy, read

Serve = Callable[[Any], str]
Gate = Callable[..., snellen.GateResult]


def test_the_reader_reads_every_prompt() -> None:
    plan = Plan(model="bundled", tasks="lookup,copy_sequence,count_ones_bernoulli",
                lengths="8,33", trials=25)  # fmt: skip
    for trial in plan.build_trials():
        assert trial.judge(read(trial.prompt)).outcome == "correct", trial.prompt


def test_a_server_sees_as_far_as_itself(serve: Serve, gate: Gate) -> None:
    server = Server()
    url = serve(server)
    found = gate(url, url)
    assert found.verdict is found.verdict.PASS
    assert found.exit_code == 0
    assert [one["at"] for one in found.excluded] == [8, 16, 32, 64]
    assert found.onset is None
    assert found.onset_interval is None
    assert found.trials < 4 * 45
    assert all(level["floor"] and not level["floor_flips"] for level in found.levels)
    assert any("are the same, word for word" in note for note in found.notes)
    assert server.forced  # both can, so answers are forced


@pytest.mark.parametrize("spoil", [drop_middle, shuffle_blocks, only_the_first, coarse])
def test_a_spoiled_server_fails_from_there_on(serve: Serve, gate: Gate, spoil: Spoil) -> None:
    good = serve(Server())
    start = 300  # words: of lookup 128 items, of the other tasks about 256
    proxy = Proxy(good.removesuffix("/v1"), spoil, start)
    found = gate(good, serve(proxy), "16,32,64,128,256,512", tasks="lookup,copy_sequence")
    assert proxy.spoiled
    assert found.exit_code == 1, found.line
    assert found.onset is not None
    assert 64 <= found.onset <= 512
    assert found.trials < 250
    assert found.kinds


def test_another_model_in_a_fifth_of_long_requests(serve: Serve, gate: Gate) -> None:
    good, blind = serve(Server()), serve(Server(lambda prompt: "12345"))
    proxy = Proxy(good.removesuffix("/v1"), start=60, other=blind.removesuffix("/v1"), share=0.2)
    found = gate(good, serve(proxy), "16,32,64,128", tasks="lookup,count_ones_bernoulli")
    assert found.exit_code == 1, found.line
    assert found.onset is not None
    assert 16 <= found.onset <= 128


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        (Server(lambda prompt: ""), "empty"),
        (Server(lambda prompt: "\ufffd\ufffd §§§¶¶¶"), "garbled"),
        (Server(lambda prompt: "I think", finish=lambda prompt: "length"), "truncated"),
        (Server(lambda prompt: "", finish=lambda prompt: "content_filter"), "refused"),
        (Server(status=lambda prompt: 400 if len(prompt) > 200 else 200), "context limit"),
    ],
)
def test_the_kind_of_worse_is_said(serve: Serve, gate: Gate, server: Server, kind: str) -> None:
    found = gate(serve(Server()), serve(server), "32,64", tasks="lookup")
    assert found.exit_code == 1, found.line
    assert found.kinds[0]["kind"] == kind
    assert kind in found.line or "answers nothing" in found.line


def test_a_server_that_answers_nothing_fails_as_such(serve: Serve, gate: Gate) -> None:
    found = gate(serve(Server()), serve(Server(status=lambda prompt: 500)), "32,64")
    assert found.exit_code == 1
    assert "answers nothing" in found.line


def test_noise_alone_is_no_fault(serve: Serve, gate: Gate) -> None:
    url = serve(Server(noisy(read, 0.08, 3)))
    found = gate(url, url, "16,32", limits=snellen.Limits(margin=0.4))
    assert found.exit_code == 0, found.line


def test_another_tokenizer_and_a_cut_prompt_show_in_the_counts(serve: Serve, gate: Gate) -> None:
    good = serve(Server())
    other = serve(Server(counts=lambda prompt: 2 * len(prompt.split())))
    found = gate(good, other, "16,64")
    assert found.exit_code == 0
    assert any("other tokenisation" in note for note in found.notes)

    def cut(prompt: str) -> str:
        return " ".join(prompt.split()[:100])

    blind = serve(Server(lambda p: read(cut(p)), counts=lambda p: min(len(p.split()), 100)))
    found = gate(good, blind, "16,32,256,512", tasks="copy_sequence,lookup")
    assert found.exit_code == 1
    assert "prompt cut" in [kind["kind"] for kind in found.kinds]
    assert "prompt cut: B counts at most 100 tokens where A counts " in found.line
    found = gate(blind, good, "16,32,256,512", tasks="copy_sequence,lookup")
    assert "prompt cut: A counts at most 100 tokens where B counts " in found.line
    # Both cut: neither is worse, and it is said.
    found = gate(blind, blind, "8,16,32,64,256", tasks="lookup", forced=False)
    assert any("prompt cut: A counts 100 tokens" in note for note in found.notes)


def test_where_neither_answers_is_beyond_sight(serve: Serve, gate: Gate) -> None:
    short = Server(status=lambda prompt: 400 if len(prompt) > 600 else 200)
    found = gate(serve(short), serve(short), "16,128,512", tasks="lookup,copy_sequence")
    assert found.exit_code == 0, found.line
    assert "at 16, 128 items; beyond the sight of both sides: 512 items" in found.line
    assert "without lookup at 128, which neither side sees" in found.line
    assert len(short.prompts) < 400
