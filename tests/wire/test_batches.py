"""Batches of OpenAI, Azure and Gemini through the official SDKs: all is answered once, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from azurebatchwire import AzureBatchWire as BatchWire  # and those of the others
from delivering import Ask, Delivered, Serve
from shapes import answer_to
from snellen.cli.main import main
from snellen.errors import InputError, ModelRefused
from snellen.runners.azure import batches as azure
from snellen.runners.azure.batches import AzureBatches
from snellen.runners.azure.provider import Azure
from snellen.runners.batch.ledger import LEDGER_NAME, Ledger, check_none_under_way
from snellen.runners.batch.runner import BatchRunner
from snellen.runners.batch.service import NoBatches
from snellen.runners.dispatch.provider import Limits
from snellen.runners.gemini.batches import GeminiBatches
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.batches import OpenAIBatches
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Reply
from wireserver import GOOD_KEY, Raw

QUICK = (0.01, 0.02)
PATIENT = Limits(give_up_s=10.0, faults=1000)
Open = Callable[..., BatchRunner]


@pytest.fixture(params=["openai", "azure", "gemini"])
def open_batches(
    request: pytest.FixtureRequest,
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Open]:
    """Opens the batches of a server; several at one server come one after another."""
    opened: list[BatchRunner] = []
    roots: dict[int, str] = {}
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", GOOD_KEY)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setattr(azure, "_LOOK_S", 0.01)

    def go(wire: BatchWire, patience: Limits = PATIENT) -> BatchRunner:
        if id(wire) not in roots:
            roots[id(wire)] = serve(wire).root
        root = roots[id(wire)]
        service: OpenAIBatches | AzureBatches | GeminiBatches
        if request.param == "openai":
            service = OpenAIBatches("wire-1", base_url=root + "/v1")
        elif request.param == "azure":
            service = AzureBatches("wire-1", base_url=root)
        else:
            service = GeminiBatches("wire-1", base_url=root)
        runner = BatchRunner(service, poll_s=QUICK, patience=patience)
        runner.log_into(tmp_path)
        opened.append(runner)
        return runner

    yield go
    for runner in opened:
        runner.close()


def texts(prompts: list[str]) -> dict[str, str | None]:
    return {prompt: answer_to(prompt) for prompt in prompts}


PROMPTS = [f"q {i} é" for i in range(7)]


def test_a_batch_is_handed_in_once_and_fetched(
    open_batches: Open, ask: Ask, delivered: Delivered, tmp_path: Path
) -> None:
    wire = BatchWire()
    open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert delivered.texts == texts(PROMPTS)
    assert {reply.finish_reason for reply in delivered.replies.values()} == {"stop"}
    assert len(wire.batches) == 1
    assert wire.paid == dict.fromkeys(PROMPTS, 1)
    assert Ledger(tmp_path).records == []


def test_answers_have_the_keys_of_live_ones(open_batches: Open) -> None:
    runner = open_batches(BatchWire())
    kinds = {"openai": OpenAI, "azure": Azure, "gemini": Gemini}
    live = kinds[runner.model.partition("/")[0]]("wire-1", base_url=runner.base_url)
    assert (runner.model, runner.numerics) == (live.model, live.numerics)
    assert runner.base_url == live.base_url


@pytest.mark.parametrize("ending", ["completed", "expired"])
def test_what_a_batch_leaves_goes_into_another(
    open_batches: Open, ask: Ask, delivered: Delivered, ending: str
) -> None:
    wire = BatchWire(
        lambda prompt, asked: "missing" if prompt == PROMPTS[0] and asked == 1 else None,
        endings=lambda number: ending if number == 0 else "completed",
    )
    open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert delivered.texts == texts(PROMPTS)
    assert wire.paid == dict.fromkeys(PROMPTS, 1)
    assert len(wire.batches) == 2


def test_a_line_that_never_comes_is_named(
    open_batches: Open, ask: Ask, delivered: Delivered
) -> None:
    wire = BatchWire(lambda prompt, asked: "missing" if prompt == PROMPTS[0] else None)
    open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert delivered.failure(PROMPTS[0]).reason == "the batch has no answer (in 5 batches)"
    assert sum(isinstance(reply, Reply) for reply in delivered.values()) == 6


def test_an_answer_that_comes_twice_counts_once(
    open_batches: Open, ask: Ask, delivered: Delivered
) -> None:
    runner = open_batches(BatchWire(lambda prompt, asked: "twice"))
    runner.answer([ask(p) for p in PROMPTS], delivered)
    assert delivered.texts == texts(PROMPTS)
    assert runner.notices == ["batch " + runner.notices[0].split()[1] + " 7 answers came twice; "
                              "the first of each is kept"]  # fmt: skip


def test_lines_that_fail_fail_alone_or_go_again(
    open_batches: Open, ask: Ask, delivered: Delivered
) -> None:
    too_long = Raw(400, {"error": {"code": 3, "message": "context length exceeded by 9 tokens"}})
    busy = Raw(503, {"error": {"code": 14, "message": "overloaded"}})

    def lines(prompt: str, asked: int) -> Raw | None:
        return {PROMPTS[1]: too_long, PROMPTS[2]: busy if asked == 1 else None}.get(prompt)

    wire = BatchWire(lines)
    runner = open_batches(wire)
    if runner.model.startswith("gemini"):  # there the error itself stands in the line
        too_long = Raw(400, {"code": 3, "message": "context length exceeded by 9 tokens"})
        busy = Raw(503, {"code": 14, "message": "overloaded"})
    runner.answer([ask(p) for p in PROMPTS], delivered)
    assert "context length" in delivered.failure(PROMPTS[1]).reason
    assert delivered.reply(PROMPTS[2]).text == answer_to(PROMPTS[2])
    assert [len(batch.rows) for batch in wire.batches] == [7, 1]


def test_a_setting_that_is_refused_is_dropped_in_the_next_batch(
    serve: Serve, ask: Ask, delivered: Delivered, tmp_path: Path
) -> None:
    words = "Unsupported value: 'temperature' does not support 0.0 with this model."
    refused = Raw(400, {"error": {"message": words, "param": "temperature"}})
    wire = BatchWire(lambda prompt, asked: refused if asked == 1 else None)
    service = OpenAIBatches("wire-1", base_url=serve(wire).root + "/v1")
    with closing(BatchRunner(service, poll_s=QUICK)) as runner:
        runner.answer([ask(p, temperature=0.0) for p in PROMPTS], delivered)
        assert "temperature" in runner.dropped
    assert delivered.texts == texts(PROMPTS)
    assert ["temperature" in b.rows[0]["body"] for b in wire.batches] == [True, False]


def test_a_key_that_is_wrong_ends_it_with_what_was_answered_kept(
    open_batches: Open, ask: Ask, delivered: Delivered
) -> None:
    wrong = Raw(401, {"error": {"code": 16, "message": "invalid api key"}})
    wire = BatchWire(lambda prompt, asked: wrong if prompt == PROMPTS[3] else None)
    with pytest.raises(ModelRefused, match="refused the key"):
        open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert len(delivered) == 6


@pytest.mark.parametrize("fault", ["reset", "lost", Raw(503, {"error": {"message": "busy"}})])
@pytest.mark.parametrize("kind", ["upload", "create", "get", "fetch"])
def test_calls_that_fail_are_made_again_and_no_batch_twice(
    open_batches: Open, ask: Ask, delivered: Delivered, kind: str, fault: str | Raw
) -> None:
    wire = BatchWire(calls=lambda seen, number: fault if (seen, number) == (kind, 1) else None)
    open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert delivered.texts == texts(PROMPTS)
    assert wire.paid == dict.fromkeys(PROMPTS, 1)
    assert len(wire.batches) == 1


class Died(BaseException):
    """Stands for a kill at one moment."""


@pytest.mark.parametrize("moment", ["plan", "submitted", "settled"])
def test_a_death_at_any_moment_loses_and_repeats_nothing(
    open_batches: Open,
    ask: Ask,
    delivered: Delivered,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    wire = BatchWire(looks=3)
    requests = [ask(p) for p in PROMPTS]

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, moment, die)
        with pytest.raises(Died):
            open_batches(wire).answer(requests, delivered)
    left = [request for request in requests if request.key not in delivered]
    open_batches(wire).answer(left, delivered)
    assert delivered.texts == texts(PROMPTS)
    assert wire.paid == dict.fromkeys(PROMPTS, 1)


def test_a_server_without_batches_is_one_line(
    open_batches: Open, ask: Ask, delivered: Delivered, tmp_path: Path
) -> None:
    wire = BatchWire(calls=lambda kind, number: Raw(404, {"detail": "Not Found"}))
    with pytest.raises(NoBatches, match=r"takes no batches \(Not Found .HTTP 404.\): leave out"):
        open_batches(wire).answer([ask("q")], delivered)
    assert Ledger(tmp_path).records == []


def test_patience_ends_with_the_batch_still_on_the_ledger(
    open_batches: Open, ask: Ask, delivered: Delivered, tmp_path: Path
) -> None:
    busy = Raw(503, {"error": {"message": "busy"}})
    wire = BatchWire(calls=lambda kind, number: busy if kind == "get" else None)
    with pytest.raises(InputError, match="the batch goes on at the provider"):
        open_batches(wire, Limits(give_up_s=1.0)).answer([ask("q")], delivered)
    assert len(Ledger(tmp_path).records) == 1
    with pytest.raises(InputError, match="1 requests of this run are under way in a batch"):
        check_none_under_way(tmp_path)  # asked live, it would be paid for twice


def test_a_batch_that_was_cancelled_keeps_its_answers(
    open_batches: Open, ask: Ask, delivered: Delivered
) -> None:
    wire = BatchWire(endings=lambda number: "cancelled")
    with pytest.raises(InputError, match="was cancelled at the provider with 4 requests"):
        open_batches(wire).answer([ask(p) for p in PROMPTS], delivered)
    assert len(delivered) == 3


def test_a_batch_that_is_too_much_is_divided(serve: Serve, ask: Ask, delivered: Delivered) -> None:
    wire = BatchWire(endings=lambda n: "completed" if n else "failed:token_limit_exceeded")
    service = OpenAIBatches("wire-1", base_url=serve(wire).root + "/v1")
    with closing(BatchRunner(service, poll_s=QUICK)) as runner:
        runner.answer([ask(p) for p in PROMPTS], delivered)
    assert [len(batch.rows) for batch in wire.batches] == [7, 3, 3, 1]
    assert delivered.texts == texts(PROMPTS)


def test_a_batch_that_is_refused_says_why(serve: Serve, ask: Ask, delivered: Delivered) -> None:
    wire = BatchWire(endings=lambda number: "failed:invalid_json_line")
    service = OpenAIBatches("wire-1", base_url=serve(wire).root + "/v1")
    with (
        closing(BatchRunner(service, poll_s=QUICK)) as runner,
        pytest.raises(ModelRefused, match=r"was refused: .*\(invalid_json_line\)"),
    ):
        runner.answer([ask("q")], delivered)


def test_a_ledger_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / LEDGER_NAME).write_text("{")
    with pytest.raises(InputError, match="names the batches under way"):
        Ledger(tmp_path)


def test_from_the_command_line(
    serve: Serve,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai/wire-1: {input: 1000.0, output: 1000.0}")
    wire = BatchWire(looks=0)
    words = ["run", "--model", "openai/wire-1", "--base-url", serve(wire).root + "/v1"]
    words += ["--tasks", "count_ones", "--lengths", "3", "--trials", "2", "--batch"]
    words += ["--out", str(tmp_path / "out"), "--prices", str(prices)]
    with caplog.at_level("INFO", "snellen"):
        assert main(words) == 0
        assert main([word for word in words if word != "--batch"]) == 0  # known: not asked again
    assert len(wire.batches) == 1
    assert wire.calls == []
    tokens = sum(
        len(row["body"]["messages"][-1]["content"].split()) + 3 for row in wire.batches[0].rows
    )
    assert "a batch, at half the price: 2 requests in all, about $" in caplog.text
    assert f"the answers of this run cost ${tokens / 1000 / 2:.4f}" in caplog.text
    assert main(["run", "--model", "bundled", "--batch", "--dry-run"]) == 2
    assert "--batch means nothing to model 'bundled'" in capsys.readouterr().err
    assert main([*words, "--budget", "0.05", "--trials", "3"]) == 2
    assert "a batch cannot be stopped at --budget 0.05" in capsys.readouterr().err


@pytest.fixture
def azure_words(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[BatchWire], list[str]]:
    """The command that asks a deployment in a batch."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", GOOD_KEY)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setattr(azure, "_LOOK_S", 0.01)
    return lambda wire: [
        *("run", "--model", "azure/wire-1", "--base-url", serve(wire).root, "--batch"),
        *("--tasks", "count_ones", "--lengths", "3", "--trials", "2", "--out", str(tmp_path)),
    ]  # fmt: skip


def test_a_deployment_on_azure_from_the_command_line(
    azure_words: Callable[[BatchWire], list[str]],
) -> None:
    wire = BatchWire(looks=0)
    assert main(azure_words(wire)) == 0
    (batch,) = wire.batches
    assert [(row["url"], row["body"]["model"]) for row in batch.rows] == [
        ("/chat/completions", "wire-1")
    ] * 2
    assert sum(wire.paid.values()) == 2


def test_a_file_that_azure_does_not_take_is_one_line(
    azure_words: Callable[[BatchWire], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = {"id": "f", "object": "file", "status": "error", "status_details": "2 bad lines"}
    wire = BatchWire(calls=lambda kind, number: Raw(200, bad) if kind == "upload" else None)
    assert main(azure_words(wire)) == 2
    assert "refused the file of a batch: 2 bad lines" in capsys.readouterr().err
    assert wire.batches == []


def test_batches_of_vertex_are_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "mine")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", "http://127.0.0.1:9")  # nobody is there
    words = ["run", "--model", "gemini/wire-1", "--tasks", "count_ones", "--lengths", "3"]
    assert main([*words, "--batch", "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "batches of Vertex AI go through a storage bucket" in line


@pytest.mark.parametrize("verb", ["acuity", "gate", "prescribe"])
def test_who_asks_in_steps_takes_no_batch(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--against", "openai/wire-2"] if verb == "gate" else ["--tasks", "count_ones"]
    assert main([verb, "--model", "openai/wire-1", *words, "--batch"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "snellen run --batch" in line
