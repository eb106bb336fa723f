"""Patience: what is finished is kept, whatever ends a probe, and is never computed again."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from snellen.probes import drawing
from snellen.probes import folder as kept
from snellen.probes.attention.measure import AttentionPlan
from snellen.probes.attention.probe import probe_attention
from snellen.probes.collapse.probe import probe_collapse
from snellen.probes.collapse.rows import CollapsePlan
from snellen.probes.decoding.probe import probe_decoding
from snellen.probes.decoding.prompts import DecodingPlan
from snellen.probes.folder import Parts, Tables
from snellen.probes.link.probe import probe_link
from snellen.probes.paper.probe import probe_paper
from snellen.probes.result import ProbeResult
from snellen.probes.sensitivity.measure import SensitivityPlan
from snellen.probes.sensitivity.probe import probe_sensitivity
from snellen.probes.states.subject import Subject
from snellen.store.trials import write_trials

from .test_behaviour import run_of
from .test_paper import paper_run, published
from .test_runs import command

Probe = Callable[[Subject, Path], ProbeResult]


def _link(subject: Subject, out: Path) -> ProbeResult:
    out.mkdir(exist_ok=True)
    write_trials(out / "trials.csv", run_of("count_ones", "sum_ones"))
    return probe_link(subject, out / "trials.csv", chat=False, out=out)


HALVES = ("float64", "bfloat16")
PROBES: dict[str, Probe] = {
    "collapse": lambda subject, out: probe_collapse(
        subject, CollapsePlan(("count_ones",), (1, 9), HALVES), out=out
    ),
    "decoding": lambda subject, out: probe_decoding(
        subject,
        DecodingPlan(("count_ones", "count_mixed"), (2,), HALVES, read_out=8, window=2, routes=2),
        out=out,
    ),
    "attention": lambda subject, out: probe_attention(
        subject, AttentionPlan(("count_ones",), (1, 9)), out=out
    ),
    "sensitivity": lambda subject, out: probe_sensitivity(
        subject, SensitivityPlan(("count_ones",), (4, 9), probes=4), out=out
    ),
    "link": _link,
    "paper": lambda subject, out: probe_paper(
        subject, paper_run(), published, longest=11, seeds=2, out=out
    ),
}
SHAPES = {
    (6, "collapse"): "e6e25cc2",
    (6, "decoding"): "881fae70",
    (6, "attention"): "eb9255d5",
    (6, "sensitivity"): "a9a7a293",
    (6, "link"): "92ac0b96",
}
"""By the version of kept parts and the probe: what their tables' names and columns come to."""


def parts_in(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.rglob("parts/[!.]*.zip"))}


def shape_of(out: Path) -> str:
    """A short digest of the names and columns of all kept tables."""
    shapes: dict[str, list[str]] = {}
    for path in sorted(out.rglob("parts/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                table = pd.read_parquet(io.BytesIO(archive.read(member)))
                name = f"{path.name.rpartition('-')[0]} {member}"
                shapes[name] = [str(column) for column in table]
    return hashlib.sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()[:8]


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("computed again")


@pytest.mark.parametrize("name", PROBES)
def test_interrupted_anywhere_it_goes_on_and_run_again_it_computes_nothing(
    name: str, subject: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawing takes most of the time and keeps nothing: that it is done is tested elsewhere.
    monkeypatch.setattr(drawing, "save_in_style", lambda *_, **__: tmp_path)
    run, llama = PROBES[name], subject("llama")
    real, stops, every = Parts._keep, 0, 20 if name == "paper" else 1

    def keep_and_stop(self: Parts, part: str, tables: Tables) -> None:
        real(self, part, tables)
        if len(parts_in(tmp_path / "stopped")) == every * (stops + 1):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "_keep", keep_and_stop)
        while True:
            try:
                again = run(llama, tmp_path / "stopped")
                break
            except KeyboardInterrupt:
                stops += 1
                assert len(parts_in(tmp_path / "stopped")) == every * stops  # none is lost
    assert stops
    if name != "paper":
        straight = run(llama, tmp_path / "straight")
        assert again.tables.keys() == straight.tables.keys()
        for table, frame in straight.tables.items():
            pd.testing.assert_frame_equal(again.tables[table], frame, check_dtype=False)
            files = [(r.folder / f"{table}.csv").read_bytes() for r in (straight, again)]
            assert files[0] == files[1]
    assert name == "paper" or shape_of(tmp_path / "stopped") == SHAPES[kept.PARTS, name], (
        "kept parts have another shape: raise PARTS in probes/folder.py, and name the shape here"
    )
    before = parts_in(tmp_path / "stopped")
    monkeypatch.setattr(Parts, "_keep", never)
    run(dataclasses.replace(llama, load=never), tmp_path / "stopped")
    assert parts_in(tmp_path / "stopped") == before


def test_parts_of_another_version_or_damaged_ones_are_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def table(value: int) -> Callable[[], Tables]:
        return lambda: {"t": pd.DataFrame({"value": [value]})}

    def value_of(value: int) -> int:
        return int(Parts(tmp_path, {"seed": 0}).get("a", table(value))["t"].value.iloc[0])

    monkeypatch.setattr(kept, "PARTS", kept.PARTS - 1)
    assert value_of(1) == 1
    old = parts_in(tmp_path)
    monkeypatch.undo()
    assert value_of(2) == value_of(3) == 2
    assert parts_in(tmp_path).items() > old.items()  # left alone
    (name,) = parts_in(tmp_path).keys() - old.keys()
    path = tmp_path / "parts" / name
    whole = path.read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", whole.replace(b"PAR1", b"nope")):
        path.write_bytes(spoilt)
        assert value_of(4) == 4
        path.unlink()


@pytest.fixture
def words(tmp_path: Path, tiny: Any, tokenizer: Any) -> list[str]:
    """A command of 24 parts."""
    tiny("llama").save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return [
        "sensitivity", "--model", str(tmp_path / "model"), "--pairs", "count_sampled", "--device",
        "cpu", "--lengths", "10,50,90,130", "--probes", "4", "--out", str(tmp_path / "out"),
    ]  # fmt: skip


def test_a_killed_process_has_kept_what_was_finished(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As many threads as here: with another number, sums round differently and nothing is shared.
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))
    program = [sys.executable, "-m", "snellen", "probe", *words]
    with subprocess.Popen(program, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while len(parts_in(tmp_path)) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    finished = parts_in(tmp_path)
    assert 3 <= len(finished) < 24
    assert command(*words) == 0
    assert parts_in(tmp_path).items() > finished.items()
    assert len(parts_in(tmp_path)) == 24


def test_an_interrupted_command_says_how_to_go_on(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Parts, "_keep", stop)
    monkeypatch.setattr(sys, "argv", ["snellen", "probe", *words])
    assert command(*words) == 130
    said = capsys.readouterr().err
    assert "what was finished is kept\nto resume: snellen probe sensitivity --model" in said
