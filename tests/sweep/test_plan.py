"""The plan of a sweep: which cells it makes, and what is refused before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen
from snellen.cli import main
from snellen.exams.sweep.cells import cells_of
from snellen.exams.sweep.cluster import check_resources
from snellen.exams.sweep.plan_file import SweptModel, read_plan
from snellen.exams.sweep.priced import price_sweep
from snellen.runners.vllm.server import flags

BASE: dict[str, Any] = {"models": ["openai/gpt-5-mini"], "tasks": "count_ones", "trials": 2}


def cells(**more: Any) -> list[Any]:
    return cells_of(read_plan(BASE | more))


def test_every_combination_is_a_cell_of_its_own() -> None:
    found = cells(
        models=["hf/org/a", {"model": "openai/b", "base_url": "http://127.0.0.1:1/v1",
                             "precisions": []}],
        tasks=["count_ones", "copy_last", "sum_digits"],
        modes="direct,fewshot", lenses="none,comma", answers="free,forced",
        precisions=["float32", "bfloat16"],
    )  # fmt: skip
    assert len(found) == (2 + 1) * 3 * 2 * 2 * 2
    assert len({cell.folder for cell in found}) == len(found)
    assert [cell.column for cell in found] == sorted(cell.column for cell in found)
    first = found[0]
    assert first.plan.model_args == {"dtype": "float32"}
    assert first.run_id.startswith("sum_digits-direct-free-none-float32-")
    assert all(len(cell.curves) == 1 for cell in found)


def test_a_cell_keeps_its_name_and_another_question_gets_another() -> None:
    (one,), (same,), (other,) = cells(), cells(), cells(trials=3)
    assert one.folder == same.folder != other.folder


def test_axes_together_are_one_run() -> None:
    found = cells(tasks="count_ones,copy_last", modes="direct,cot", together=["tasks", "modes"])
    assert len(found) == 1
    assert len(found[0].curves) == 4
    assert found[0].run_id.startswith("count_ones-and-1-direct-and-1-free-none-")


def test_what_a_task_lacks_is_passed_over() -> None:
    found = cells(tasks="count_ones,paper_copy_first", modes="direct,cot")
    asked = [(cell.plan.tasks[0], cell.plan.modes[0]) for cell in found]
    assert len(asked) == 3
    assert ("paper_copy_first", "cot") not in asked


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"taks": "x"}, "unknown key 'taks'; did you mean 'tasks'?"),
        ({"models": [{"model": "bundled", "gpu": 1}]}, "unknown key 'gpu'; did you mean 'gpus'?"),
        ({"models": []}, "models []:"),
        ({"models": [{"modle": "bundled"}]}, "unknown key 'modle'; did you mean 'model'?"),
        ({"models": [{"name": "x"}]}, "models[1]: model is missing"),
        ({"models": ["nobody/x"]}, "unknown model 'nobody/x'"),
        ({"tasks": "count_onse"}, "count_onse"),
        ({"modes": "loud"}, "loud"),
        ({"lenses": "thick"}, "thick"),
        ({"answers": "sung"}, "sung"),
        ({"answers": "choice"}, "--answer choice: openai/gpt-5-mini gives no log prob"),
        ({"precisions": "float23"}, "there is no 'float23'; did you mean 'float32'?"),
        ({"precisions": "float32"}, "openai/gpt-5-mini does not take one"),
        ({"together": "task"}, "there is no axis 'task'; did you mean 'tasks'?"),
        ({"trials": 0}, "trials 0: input should be greater than or equal to 1"),
        ({"lengths": "9:1:1"}, "9:1:1"),
        ({"models": ["bundled", "bundled"]}, "two cells of the plan are the same run"),
        ({"name": "a/b"}, "a name for a folder"),
        ({"storage": "s3://me:secret@bucket/x"}, "a URL holds no keys"),
        ({"models": [{"model": "hf/a/b", "model_args": {"dtype": "float32"}}]}, "precisions: ["),
        ({"models": [{"model": "openai/x", "extra_headers": {"Authorization": "Bearer x"}}]},
         "looks like a key"),
        ({"models": [{"model": "openai/x", "model_args": {"a": 1}}]}, "--model-args means nothing"),
        ({"models": [{"model": "bundled", "base_url": "http://x/v1"}]}, "--base-url means nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(snellen.InputError) as caught:
        price_sweep(BASE | wrong)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [("- a\n- b\n", "is no plan"), ("a: [", "is not YAML"), ("", "is no plan"),
     ("tasks: x\nmodles: y\n", "unknown key 'modles'; did you mean 'models'?")],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_one_line_and_exit_code_2(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    assert main(["sweep", "plan.yaml"]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert main(["sweep", "none.yaml"]) == 2
    assert "cannot read the plan none.yaml" in capsys.readouterr().err


def test_the_price_is_that_of_the_cells(
    write_plan: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prices.yaml").write_text("openai/wire-1: {input: 1000000, output: 2000000}")
    plan = write_plan("http://127.0.0.1:1/v1", tasks="count_ones,copy_last")
    found = price_sweep(plan, prices=tmp_path / "prices.yaml")
    assert found.estimate.requests == 2 * 3 * 2
    # Dollars per token: the lowest price is that of the prompts and one token of each answer.
    assert found.estimate.low == found.estimate.prompt_tokens + 2 * found.estimate.requests
    assert main(["sweep", str(plan), "--dry-run", "--prices", "prices.yaml"]) == 0
    out = capsys.readouterr().out
    assert "2 cells, 0 done already; to do: 12 requests, about $" in out
    assert not Path("results").exists()
    assert main(["sweep", str(plan), "--budget", "1", "--prices", "prices.yaml"]) == 2
    assert "the sweep costs at least $" in capsys.readouterr().err
    (tmp_path / "plan2.yaml").write_text(plan.read_text().replace("openai/wire-1", "azure/mine"))
    assert main(["sweep", "plan2.yaml", "--budget", "1"]) == 2
    assert "the price of azure/mine is unknown" in capsys.readouterr().err


def vllm(**more: Any) -> SweptModel:
    return SweptModel(model="vllm/org/big", **more)


def test_parallel_sizes_reach_vllm_and_say_how_many_gpus() -> None:
    sizes = {"tensor_parallel_size": 4, "pipeline_parallel_size": 2, "data_parallel_size": 2}
    assert vllm().gpus_per_node == 1
    assert vllm(model_args=sizes).gpus_per_node == 16
    assert vllm(base_url="http://127.0.0.1:1/v1").gpus_per_node == 0
    over_two = vllm(model_args=sizes | {"distributed_executor_backend": "ray"}, nodes=2)
    assert over_two.gpus_per_node == 8
    (cell,) = cells(models=[{"model": "vllm/org/big", "model_args": sizes}])
    assert flags(cell.plan.model_args) == [
        "--tensor-parallel-size", "4", "--pipeline-parallel-size", "2", "--data-parallel-size", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"model_args": {"tensor_parallel_size": 4}, "gpus": 2},
         "tensor_parallel_size 4 needs 4 GPUs, and gpus 2 x nodes 1 gives 2"),
        ({"model_args": {"tensor-parallel-size": 3, "pipeline_parallel_size": 2}, "gpus": 2,
          "nodes": 2}, "tensor_parallel_size 3 x pipeline_parallel_size 2 needs 6 GPUs"),
        ({"model_args": {"tensor_parallel_size": "two"}}, "tensor_parallel_size is 'two'"),
        ({"model_args": {"tensor_parallel_size": 0}}, "a whole number from 1 up"),
        ({"nodes": 2, "gpus": 1}, "'distributed_executor_backend: ray' in model_args"),
        ({"nodes": 2, "base_url": "http://x/v1"}, "is for a vLLM server that is started"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit_are_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(snellen.InputError, match="vllm/org/big") as caught:
        cells(models=[{"model": "vllm/org/big"} | more])
    assert says in str(caught.value)


def test_the_example_over_two_nodes_is_one_server_with_its_flags() -> None:
    folder = Path(__file__).parents[2] / "examples" / "sweep"
    (cell,) = cells_of(read_plan(folder / "two_nodes.yaml"))
    assert len(cell.curves) == 3 * 2 * 2
    assert (cell.entry.gpus_per_node, cell.entry.nodes) == (8, 2)
    assert flags(cell.plan.model_args) == [
        "--tensor-parallel-size", "8", "--pipeline-parallel-size", "2",
        "--distributed-executor-backend", "ray", "--max-model-len", "8192",
    ]  # fmt: skip
    assert len(cells_of(read_plan(folder / "small.yaml"))) == 8


def test_a_cell_must_fit_the_cluster() -> None:
    def node(**resources: float) -> dict[str, Any]:
        return {"Alive": True, "Resources": resources}

    def fits(there: list[dict[str, Any]], **more: Any) -> None:
        model = {"model": "vllm/org/big", "model_args": {"tensor_parallel_size": 4}} | more
        total = {"GPU": sum(one["Resources"].get("GPU", 0) for one in there)}
        check_resources(total, there, cells(models=[model]))

    fits([node(CPU=4, GPU=8)])
    with pytest.raises(snellen.InputError, match=r"asks for 4 GPU, 1 CPU on one node.*at most 2 G"):
        fits([node(CPU=4, GPU=2), node(CPU=4, GPU=2)])
    with pytest.raises(snellen.InputError, match="1 big"):
        fits([node(CPU=4, GPU=8)], resources={"big": 1})
    two = {"model_args": {"tensor_parallel_size": 4, "distributed_executor_backend": "ray"},
           "gpus": 2, "nodes": 2}  # fmt: skip
    fits([node(CPU=1, GPU=2), node(CPU=1, GPU=2)], **two)
    with pytest.raises(snellen.InputError, match="2 GPUs on each of 2 nodes; the cluster has 1"):
        fits([node(CPU=1, GPU=8), node(CPU=1, GPU=1)], **two)
