"""A real cluster of processes on loopback: a node dies, one joins, and nothing is paid twice.

Part of ``make test-served``: a cluster takes too long to start for ``make test``.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen
from wireserver import Wire

from .raycluster import Cluster, cluster
from .sweep_servers import Counting, Start

pytestmark = pytest.mark.cluster
CONCURRENCY = 2


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """A head without CPUs, and three nodes with one each."""
    with cluster("1,1,1") as found:
        yield found


def grid(base_url: str) -> dict[str, Any]:
    """24 cells of 12 questions each, no two alike."""
    return {
        "models": [
            {"model": f"openai/wire-{n}", "base_url": base_url, "concurrency": CONCURRENCY}
            for n in (1, 2)
        ],
        "tasks": ["count_ones", "copy_last", "sum_digits"],
        "modes": ["direct", "fewshot"],
        "lenses": ["none", "comma"],
        "lengths": "3,5,9",
        "trials": 4,
        "max_tokens": 16,
    }


def answers(out: Path) -> pd.DataFrame:
    """What all runs of a sweep came to, without what differs from one time to the next."""
    tables = [pd.read_csv(path, dtype=str) for path in sorted(out.glob("*/*/trials.csv"))]
    return pd.concat(tables, ignore_index=True).drop(columns="latency_s")


def shipped(out: Path) -> set[tuple[str, str]]:
    """The questions whose answers lie in the parts of cells that are not finished."""
    found = set()
    for part in out.glob("*/*/parts/*.jsonl"):
        model = part.parts[-4].removeprefix("openai__")
        for line in part.read_text().splitlines():
            found.add((model, json.loads(line)["prompt_sha256"]))
    return found


def test_more_gpus_than_the_cluster_has_are_refused_at_once(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    start: Start,
    nodes: Cluster,
) -> None:
    wire = Counting()
    model = {"model": "openai/wire-1", "base_url": serve(wire), "gpus": 4}
    plan = write_plan("", models=[model])
    refused = start(plan, "--engine", "ray", "--address", nodes.address)
    _, err = refused.communicate(timeout=120)
    assert refused.returncode == 2
    assert "a cell of openai/wire-1 asks for 4 GPU, 1 CPU on one node" in err
    assert "0 GPUs in all" in err
    assert wire.calls == []


def test_a_node_with_another_version_is_named(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    start: Start,
    nodes: Cluster,
    tmp_path: Path,
) -> None:
    older = tmp_path / "older" / "snellen"
    older.mkdir(parents=True)
    (older / "__init__.py").write_text('__version__ = "0.0.7"\n')
    nodes.do(f"add 1 {older.parent}")
    wire = Counting()
    refused = start(write_plan(serve(wire)), "--engine", "ray", "--address", nodes.address)
    _, err = refused.communicate(timeout=120)
    nodes.do("kill 3")
    assert refused.returncode == 2
    assert f"has snellen 0.0.7, this machine has {snellen.__version__}" in err
    assert wire.calls == []


def test_an_interrupted_sweep_goes_on_from_shared_storage(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    start: Start,
    nodes: Cluster,
    tmp_path: Path,
) -> None:
    wire = Counting(latency_s=0.5)
    url = serve(wire)
    plan = write_plan(url, tasks="count_ones,copy_last", trials=8)
    storage = f"file://{tmp_path}/shared"
    words = (plan, "--engine", "ray", "--address", nodes.address, "--storage", storage)
    running = start(*words, "--out", "one")
    while len(wire.calls) < 10 or not shipped(tmp_path / "shared"):
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert f"every answer is kept in {storage}" in err
    assert "to resume: snellen sweep" in err
    assert "Traceback" not in err
    kept = shipped(tmp_path / "shared")
    assert kept
    before = wire.asked()

    again = start(*words, "--out", "two")  # another machine, which has nothing of its own
    _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    twice = {question for question, count in wire.asked().items() if count > 1}
    assert twice <= set(before) - kept
    assert len(wire.asked()) == 2 * 3 * 8
    assert len(answers(Path("two"))) == 2 * 3 * 8
    assert not list((tmp_path / "shared").glob("*/*/parts/*"))
    assert not (tmp_path / "shared" / "sweep.lock").exists()
    assert (tmp_path / "shared" / "sweep.json").is_file()


def test_a_node_dies_and_one_joins(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    start: Start,
    nodes: Cluster,
) -> None:
    wire = Counting(latency_s=0.4)
    url = serve(wire)
    plan = write_plan(url, "grid", **grid(url))
    running = start(plan, "--engine", "ray", "--address", nodes.address, "--out", "far")
    while len(wire.calls) < 40:
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    nodes.do("kill 1")
    kept = shipped(Path("far"))
    asked_then = wire.asked()
    nodes.do("add 1")
    _, err = running.communicate(timeout=1000)
    assert running.returncode == 0, err
    assert "24 done" in err
    record = json.loads(Path("far/sweep.json").read_text())
    assert [cell["state"] for cell in record["cells"]] == ["done"] * 24

    asked = wire.asked()
    assert len(asked) == 24 * 12
    twice = {question for question, count in asked.items() if count > 1}
    assert kept
    assert not twice & kept  # what was shipped when the node died is not paid for again
    assert twice <= set(asked_then)
    # Two in flight, and those that came while their like were being shipped.
    assert asked.total() - len(asked) <= 3 * CONCURRENCY
    assert not list(Path("far").glob("*/*/parts/*"))

    # The same questions to the same address, one cell after another here: the same results.
    wire.latency_s = 0.0
    here = start(plan, "--out", "here")
    _, err = here.communicate(timeout=600)
    assert here.returncode == 0, err
    pd.testing.assert_frame_equal(answers(Path("far")), answers(Path("here")))

    # Nothing is asked, and nothing is started, once everything is there.
    wire.calls.clear()
    again = start(plan, "--engine", "ray", "--address", "127.0.0.1:1", "--out", "far")
    out, err = again.communicate(timeout=120)
    assert (again.returncode, wire.calls) == (0, []), err
    assert "24 done already" in out
