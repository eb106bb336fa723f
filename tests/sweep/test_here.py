"""Sweeps on this machine: what is complete is left alone, money is kept to, storage is filled."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import snellen
from filelock import FileLock
from snellen.cli import main
from snellen.exams.sweep.shipping import read_part
from snellen.exams.sweep.storage import LOCK, FsspecKeep, claimed
from wireserver import Wire

from .sweep_servers import Counting, Start

pytestmark = pytest.mark.usefixtures("undrawn")


def test_a_sweep_has_a_table_a_record_and_a_board(
    serve: Callable[[Wire], str], write_plan: Callable[..., Path]
) -> None:
    wire = Counting()
    url = serve(wire)
    models = [{"model": f"openai/wire-{n}", "base_url": url} for n in (1, 2)]
    plan = write_plan(url, models=models)
    done = snellen.sweep(plan, out="results")
    assert done.complete
    assert list(done.cells["answered"]) == [6, 6]
    record = json.loads((done.path / "sweep.json").read_text())
    assert [cell["run"] for cell in record["cells"]] == list(done.cells["run"])
    assert record["plan"]["trials"] == 2
    assert record["finished"] is not None
    assert done.board is not None
    board = pd.read_csv(done.board.with_suffix(".csv"))
    assert sorted(board["model"]) == ["openai/wire-1", "openai/wire-2"]
    assert list(board["trials"]) == [6, 6]
    runs = done.runs()
    assert len(runs) == 2
    assert all(len(run.trials) == 6 for run in runs.values())

    # Nothing is asked twice; and only what is lost is made again.
    asked = wire.asked()
    assert snellen.sweep(plan, out="results").complete
    assert wire.asked() == asked
    (done.path / record["cells"][0]["run"] / "manifest.json").unlink()  # its journal is there
    shutil.rmtree(done.path / record["cells"][1]["run"])
    assert snellen.sweep(plan, out="results").complete
    assert (wire.asked() - asked).total() == 6


def test_an_unreachable_model_fails_its_cells_and_no_others(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = serve(Counting())
    models = [
        {"model": "vllm/org/none", "base_url": "http://127.0.0.1:1/v1"},
        {"model": "openai/wire-1", "base_url": url},
    ]
    assert main(["sweep", str(write_plan(url, models=models)), "--out", "out"]) == 1
    said = capsys.readouterr()
    assert said.err.count("failed:") == 1
    assert "repeat the command to do what is missing" in said.err
    assert "not on the board: vllm/org/none: it has no finished run" in said.err
    states = [cell["state"] for cell in json.loads(Path("out/sweep.json").read_text())["cells"]]
    assert states == ["failed", "done"]


def test_a_budget_bounds_the_whole_sweep(
    serve: Callable[[Wire], str], write_plan: Callable[..., Path], tmp_path: Path
) -> None:
    # The server says 3 tokens of each answer: 3 dollars each, 6 questions a cell.
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai/wire-1: {input: 0, output: 1000000}")
    wire = Counting(latency_s=0.1)
    url = serve(wire)
    model = {"model": "openai/wire-1", "base_url": url, "concurrency": 1}
    plan = write_plan(url, models=[model], trials=4, tasks="count_ones,copy_last")
    found = snellen.sweep(plan, out="out", budget=50, prices=prices)
    assert list(found.cells["state"]) == ["done", "stopped"]
    assert 50 <= 3 * len(wire.calls) < 3 * 24  # what is in flight is waited for
    assert found.cost_usd is not None
    asked = wire.asked()
    with pytest.raises(snellen.InputError, match="at least"):
        snellen.sweep(plan, out="out", budget=1, prices=prices)
    again = snellen.sweep(plan, out="out", budget=100, prices=prices)
    assert again.complete
    assert again.cost_usd == 3 * 24
    assert (wire.asked() - asked).total() == 24 - asked.total()


def test_two_sweeps_on_one_folder_are_refused(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    plan = write_plan(serve(Counting()))
    Path("out").mkdir()
    with FileLock("out/.sweep.lock"):
        assert main(["sweep", str(plan), "--out", "out"]) == 2
    assert "out is in use by another sweep" in capsys.readouterr().err
    keep = FsspecKeep(f"file://{tmp_path}/shared")
    theirs = {"id": "x", "host": "elsewhere", "pid": 7}
    keep.put(LOCK, json.dumps(theirs | {"at": time.time()}).encode())
    words = ["sweep", str(plan), "--out", "out", "--storage", keep.url]
    assert main(words) == 2
    assert "is in use by another sweep (process 7 on elsewhere)" in capsys.readouterr().err
    keep.put(LOCK, json.dumps(theirs | {"at": 0}).encode())
    with claimed(keep):  # nobody has renewed it for long
        pass


@pytest.mark.parametrize("scheme", ["memory://", "file://{tmp_path}/"])
def test_shared_storage_holds_all_of_it(
    scheme: str, serve: Callable[[Wire], str], write_plan: Callable[..., Path], tmp_path: Path
) -> None:
    wire = Counting()
    plan = write_plan(serve(wire))
    url = scheme.format(tmp_path=tmp_path) + "bucket/sweep"
    first = snellen.sweep(plan, out="one", storage=url)
    keep = FsspecKeep(url)
    names = keep.names("")
    files = ("manifest.json", "trials.csv", "journal.sqlite", "report.html")
    assert {f"{run}/{file}" for run in first.cells["run"] for file in files} <= set(names)
    assert not [name for name in names if "/parts/" in name or name.endswith("lock")]
    wire.calls.clear()
    second = snellen.sweep(plan, out="two", storage=url)
    assert (second.complete, wire.calls) == (True, [])
    for run in first.cells["run"]:
        assert (
            Path("two", run, "trials.csv").read_bytes()
            == Path("one", run, "trials.csv").read_bytes()
        )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nowhere://x", "nowhere"),
        ("gs://bucket/x", "pip install gcsfs, here"),
        ("s3:x", "a URL"),
        ("file:///proc/none/x", "/proc/none"),
    ],
)
def test_storage_that_cannot_be_used_is_refused(
    url: str, says: str, write_plan: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", str(write_plan("http://127.0.0.1:1/v1")), "--storage", url]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


def test_a_killed_sweep_pays_for_nothing_that_was_shipped(
    serve: Callable[[Wire], str], write_plan: Callable[..., Path], start: Start, tmp_path: Path
) -> None:
    wire = Counting(latency_s=0.2)
    plan = write_plan(serve(wire), trials=6)
    words = (plan, "--storage", f"file://{tmp_path}/shared")
    running = start(*words, "--out", "one")
    while len(wire.calls) < 9:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    keep = FsspecKeep(f"file://{tmp_path}/shared")
    kept = {
        ("wire-1", entry.prompt_sha256)
        for name in keep.names("")
        if "/parts/" in name
        for entry in read_part(name, keep.get(name) or b"")
    }
    assert kept
    before = wire.asked()
    done = snellen.sweep(plan, out="elsewhere", storage=keep.url)  # the dead one's lock is taken
    assert done.complete
    asked = wire.asked()
    assert len(asked) == 18
    twice = {question for question, count in asked.items() if count > 1}
    assert twice <= set(before) - kept


def test_a_part_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = (
        '{"key": "k", "trial": {}, "prompt_sha256": "p", "sampling": {}, "result": {"text": "1"}}\n'
    )
    (entry,) = read_part("x", (whole + whole[:40]).encode())
    assert entry.key == "k"
    with pytest.raises(snellen.StoreError, match="x is no part of a journal"):
        list(read_part("x", b"{}\n"))


@pytest.mark.parametrize(
    ("address", "says"),
    [("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"), ("ray://127.0.0.1:1", "no Ray"),
     (":", "HOST:PORT"), ("SERVER", "is no Ray cluster")],
)  # fmt: skip
def test_an_unreachable_cluster_is_refused_in_a_line(
    address: str,
    says: str,
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    wire = Counting()
    url = serve(wire)
    address = address.replace("SERVER", url.removeprefix("http://").removesuffix("/v1"))
    began = time.monotonic()
    assert main(["sweep", str(write_plan(url)), "--engine", "ray", "--address", address]) == 2
    assert time.monotonic() - began < 30
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") <= 2  # and how far the cells are
    assert wire.calls == []


def test_parallel_sizes_reach_vllm_serve(
    write_plan: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program in vLLM's place notes what it is told, and stops."""
    program = tmp_path / "vllm-python"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("SNELLEN_VLLM_PYTHON", str(program))
    model = {
        "model": "vllm/org/big",
        "model_args": {
            "tensor_parallel_size": 4,
            "pipeline_parallel_size": 2,
            "data_parallel_size": 2,
        },
        "precisions": ["bfloat16"],
    }
    done = snellen.sweep(write_plan("", models=[model], tasks="count_ones,copy_last"), out="out")
    assert list(done.cells["state"]) == ["failed", "failed"]
    assert "exit code 3" in done.cells["why"][0]
    (told,) = (tmp_path / "told").read_text().splitlines()  # once: the second cell is spared it
    assert "-m vllm.entrypoints.openai.api_server --model org/big" in told
    for flag in ("--tensor-parallel-size 4", "--pipeline-parallel-size 2",
                 "--data-parallel-size 2", "--dtype bfloat16"):  # fmt: skip
        assert flag in told


def test_an_interrupt_says_how_to_go_on(
    serve: Callable[[Wire], str], write_plan: Callable[..., Path], start: Start
) -> None:
    wire = Counting(latency_s=0.3)
    plan = write_plan(serve(wire), trials=6)
    running = start(plan, "--out", "out")
    while len(wire.calls) < 3:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "every answer is kept in out" in err
    assert f"to resume: snellen sweep {plan} --out out" in err
    assert "Traceback" not in err
    before = wire.asked()
    assert snellen.sweep(plan, out="out").complete
    assert (wire.asked() - before).total() <= 18 - before.total() + 4


def test_an_address_without_an_engine_is_refused(
    write_plan: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = write_plan("http://127.0.0.1:1/v1")
    assert main(["sweep", str(plan), "--address", "127.0.0.1:6379", "--out", "out"]) == 2
    assert "--address is for --engine ray" in capsys.readouterr().err


def test_a_grid_of_one_length_is_asked_and_ranks_nobody(
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = write_plan(serve(Counting()), lengths="4")
    assert main(["sweep", str(plan), "--out", "out"]) == 0
    said = capsys.readouterr()
    assert "not on the board: every model: they are ranked by curves" in said.err
    assert "leaderboard:" not in said.out
