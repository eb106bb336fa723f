"""Planted faults: a proxy that spoils long inputs is found, and said from where on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import snellen
from proxy import Proxy, Spoil, coarse, drop_middle, only_the_first, shuffle_blocks
from reader import Server, noisy, read
from snellen.tasks.trial import rebuild_trial
from snellen.store.plan import Plan

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
    assert found.onset is None and found.onset_interval is None
    assert found.trials < 4 * 45
    assert all(level["floor"] and not level["floor_flips"] for level in found.levels)
    assert server.forced  # both can, so answers are forced


@pytest.mark.parametrize("spoil", [drop_middle, shuffle_blocks, only_the_first, coarse])
def test_a_spoiled_server_fails_from_there_on(serve: Serve, gate: Gate, spoil: Spoil) -> None:
    good = serve(Server())
    start = 300  # words: of lookup 128 items, of the other tasks about 256
    proxy = Proxy(good.removesuffix("/v1"), spoil, start)
    found = gate(good, serve(proxy), "16,32,64,128,256,512", tasks="lookup,copy_sequence")
    assert proxy.spoiled
    assert found.exit_code == 1, found.line
    assert found.onset is not None and 64 <= found.onset <= 512
    assert found.trials < 250
    assert found.kinds
