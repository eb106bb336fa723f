"""The command: exit codes, the page, bad input in one line, a kept run in the place of A."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen
from snellen.cli import main

from .gate_servers import Server, read

Serve = Callable[[Any], str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``snellen gate``; gives the exit code and what was said."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["gate", *map(str, words)])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def two(a: str, b: str) -> tuple[str, ...]:
    return (
        "--model", "openai/m", "--base-url", a, "--against", "openai/m", "--against-base-url", b,
        "--concurrency", "8",
    )  # fmt: skip


def test_a_verdict_is_a_line_an_exit_code_a_page_and_json(serve: Serve, command: Any) -> None:
    good = serve(Server())
    code, out, _ = command(*two(good, good), "--tokens", "128..256", "--run-id", "one")
    assert code == 0
    line = out.splitlines()[0]
    assert line.startswith("PASS: a drop of 10% or more is excluded at 5%, in either direction")
    assert f"A (--model openai/m at {good}); B (--against openai/m at {good})" in line
    found = json.loads(Path("results/gate/one/gate.json").read_text())
    assert {"verdict", "onset", "onset_interval", "excluded", "trials"} <= found.keys()
    assert found["verdict"] == "PASS"
    assert found["unit"] == "tokens"
    assert [level["at"] for level in found["levels"]] == [128, 256]
    page = Path("results/gate/one/gate.md").read_text()
    assert page.startswith("## PASS")
    assert "gate.svg" in page
    assert Path("results/gate/one/gate.svg").read_text().lstrip().startswith("<?xml")
    html = Path("results/gate/one/gate.html").read_text()
    assert html.count("both right") == 1  # an option of the table that its script fills
    assert 'id="g1-point:accuracy/a/128"' in html


def test_an_interrupted_gate_goes_on_from_its_journals(serve: Serve, command: Any) -> None:
    server = Server()
    words = (*two(serve(server), serve(Server())), "--lengths", "8,16", "--run-id", "again")
    command(*words, "--answer", "free")
    first = json.loads(Path("results/gate/again/gate.json").read_text())
    asked = len(server.prompts)
    command(*words, "--answer", "free")
    assert len(server.prompts) == asked
    second = json.loads(Path("results/gate/again/gate.json").read_text())
    assert second["levels"] == first["levels"]


def test_too_few_trials_that_disagree_are_inconclusive(serve: Serve, command: Any) -> None:
    dice = iter(range(10**6))
    odd = Server(lambda prompt: read(prompt) if next(dice) % 7 else "7")
    code, out, _ = command(*two(serve(Server()), serve(odd)), "--lengths", "8,16", "--trials", 36)
    assert code == 3
    assert out.startswith("INCONCLUSIVE: ")


@pytest.fixture
def baseline(serve: Serve) -> snellen.Run:
    plan = snellen.Plan(model="openai/m", base_url=serve(Server()), tasks="lookup,copy_sequence",
                        lengths="8,16,64", trials=24)  # fmt: skip
    return snellen.run(plan, run_id="kept")


def test_a_kept_run_stands_for_a(serve: Serve, command: Any, baseline: snellen.Run) -> None:
    live = ("--against", "openai/m", "--concurrency", "8", "--baseline", baseline.path)
    code, out, err = command(*live, "--against-base-url", serve(Server()), "--run-id", "good")
    assert code == 0, out + err
    found = json.loads(Path("results/gate/good/gate.json").read_text())
    assert found["requests"]["b"] == found["trials"]
    assert "the noise floor is B's own" in err
    blind = serve(Server(lambda prompt: read(prompt) if len(prompt) < 600 else "7"))
    code, out, _ = command(*live, "--against-base-url", blind, "--tasks", "lookup")
    assert code == 1, out
    # The one live side may as well be called --model.
    words = ("--model", "openai/m", "--base-url", blind, "--baseline", baseline.path)
    said = command(*words)
    assert said[0] == 1, said


def test_side_a_of_a_gate_is_a_baseline_at_the_same_levels(serve: Serve, command: Any) -> None:
    good = serve(Server())
    command(*two(good, good), "--tokens", "128,512", "--run-id", "first")
    side = Path("results/gate/first/openai__m/a")
    code, out, _ = command("--baseline", side, "--against", "openai/m", "--against-base-url", good)
    assert code == 0, out
    assert "at 128, 512 tokens" in out
    assert main(["report", str(side)]) == 0
    assert (side / "report.html").is_file()


def test_a_baseline_of_another_design_or_version_is_named(
    serve: Serve, command: Any, baseline: snellen.Run
) -> None:
    live = ("--against", "openai/m", "--against-base-url", serve(Server()), "--baseline")
    code, _, err = command(*live, baseline.path, "--tasks", "sum_ones")
    assert code == 2
    assert "has no trials of sum_ones" in err
    code, _, err = command(*live, "nowhere")
    assert code == 2
    assert "not a run directory" in err
    table = baseline.path / "trials.csv"
    rows = table.read_text()
    sha256 = str(baseline.trials["prompt_sha256"].iloc[0])
    table.write_text(rows.replace(sha256, "0" * 64))
    code, _, err = command(*live, baseline.path)
    assert code == 2
    assert "prompt_sha256" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--lengths", "8,16", "--budget", "50requests"), "2 lengths take at least 165requests"),
        (("--lengths", "8,16", "--trials", "10"), "takes at least 35 at every length"),
        (("--lengths", "8", "--budget", "0"), "above 0"),
        (("--lengths", "8", "--budget", "many"), "600requests"),
        (("--lengths", "8", "--budget", "1"), "price of a model is unknown"),
        (("--lengths", "8", "--margin", "1.5"), "--margin 1.5"),
        (("--tokens", "8k..1k"), "is reversed"),
        (("--tokens", "few"), "write 1k..128k"),
        (("--tokens", "2"), "no prompt is as short as that"),
        (("--tokens", "1k", "--lengths", "8"), "give one of them"),
    ],
)
def test_bad_input_is_one_line(
    serve: Serve, command: Any, words: tuple[str, ...], says: str
) -> None:
    url = serve(Server())
    code, _, err = command(*two(url, url), *words)
    assert code == 2, err
    assert says in err
    assert err.count("\n") == 1


def test_the_smallest_budget_that_is_said_would_do(serve: Serve, command: Any) -> None:
    words = (*two(serve(Server()), serve(Server())), "--lengths", "8", "--tasks")
    for tasks in ("lookup", "lookup,copy_sequence,count_ones_bernoulli"):
        code, _, err = command(*words, tasks, "--budget", "9requests")
        assert code == 2
        fewest = int(err.split("takes at least ")[1].split("requests")[0])
        code, out, _ = command(*words, tasks, "--budget", f"{fewest}requests")
        assert code == 0, out
        assert command(*words, tasks, "--budget", f"{fewest - 1}requests")[0] == 2
    # What servers count is what is spent; an answer here is shorter than a tokenizer's guess.
    code, _, err = command(*words, "lookup", "--budget", "9tokens")
    fewest = int(err.split("takes about ")[1].split("tokens")[0])
    code, out, _ = command(*words, "lookup", "--budget", f"{fewest}tokens")
    assert code == 0, out


def test_a_gate_needs_two_sides(command: Any) -> None:
    for words in ((), ("--model", "openai/m"), ("--baseline", "x")):
        code, _, err = command(*words)
        assert code == 2
        assert "--against" in err


def test_what_does_not_fit_is_left_out_and_said(serve: Serve, command: Any) -> None:
    small, large = serve(Server(context=500)), serve(Server())
    lengths = ("--tasks", "count_ones_bernoulli", "--lengths", "8,16,2000", "--answer", "forced")
    code, out, _ = command(*two(small, small), *lengths, "--run-id", "x")
    assert code == 0
    assert "left out: 2,000 items (A's context is 500 tokens" in out
    found = json.loads(Path("results/gate/x/gate.json").read_text())
    assert [one["at"] for one in found["left_out"]] == [2000]
    assert [one["at"] for one in found["excluded"]] == [8, 16]
    # A context that one side alone lacks is something that the other sees and it does not.
    for pair, bad in (((large, small), "B (--against"), ((small, large), "A (--model")):
        code, out, _ = command(*two(*pair), *lengths)
        assert code == 1
        assert f"the context of {bad} openai/m at {small}) is too short for 2,000 items" in out
    code, out, _ = command(*two(small, large), *lengths, "--judge", "against")
    assert code == 0
    assert "left out: 2,000 items" in out
    code, _, err = command(*two(small, small), *lengths[:2], "--lengths", "5000")
    assert code == 2
    assert "no prompt fits" in err


def test_whichever_side_is_worse_is_named_with_its_address(serve: Serve, command: Any) -> None:
    good = serve(Server())
    bad = serve(Server(lambda prompt: read(prompt) if len(prompt) < 600 else "7"))
    lengths = ("--tasks", "lookup,copy_sequence", "--lengths", "16,64,256", "--run-id")
    for name, pair, worse in (("b", (good, bad), "B (--against"), ("a", (bad, good), "A (--model")):
        code, out, _ = command(*two(*pair), *lengths, name)
        assert code == 1
        assert out.startswith(f"FAIL: {worse} openai/m at {bad}) is worse than "), out
        assert f"openai/m at {good}) from " in out
        found = json.loads(Path(f"results/gate/{name}/gate.json").read_text())
        assert (found["judged"], found["worse"]) == ("either", [name])
        assert 16 < found["onset"] <= 256
        page = Path(f"results/gate/{name}/gate.md").read_text()
        assert page.startswith(f"## FAIL: {name.upper()} does not see as far as ")
        assert f"| {bad} | **worse** |" in page
    # A change for the better is no failure of the one that is changed.
    for judge, code in (("against", 0), ("model", 1)):
        words = (*two(bad, good), *lengths, f"for {judge}".replace(" ", "-"), "--judge", judge)
        assert command(*words)[0] == code


def test_a_baseline_is_not_judged(command: Any, baseline: snellen.Run) -> None:
    words = ("--baseline", baseline.path, "--against", "openai/m", "--judge", "either")
    code, _, err = command(*words)
    assert code == 2
    assert "a baseline is given and cannot be judged" in err


def test_different_models_are_said_not_refused(serve: Serve, command: Any) -> None:
    a, b = serve(Server()), serve(Server(name="other"))
    words = ("--model", "openai/m", "--base-url", a, "--against", "openai/other",
             "--against-base-url", b, "--lengths", "8")  # fmt: skip
    code, _, err = command(*words)
    assert code == 0
    assert "the models differ: A is openai/m, B is openai/other" in err
