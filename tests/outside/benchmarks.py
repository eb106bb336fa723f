"""lm-eval's RULER and BABILong, run by lm-eval itself: one script, for a process of its own.

    python benchmarks.py TINY_MODEL FOLDER

The near-sighted model sees the last characters of a prompt only, so how far it sees is known. The
tiny one is a real model, which is blind to all of this.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WINDOW = 1000
"""Characters that the near-sighted model sees."""
RULER_LENGTHS = (1024, 2048, 4096)
BABI_LENGTHS = ("1k", "2k", "4k", "8k")
RULER_SAMPLES, BABI_SAMPLES = 60, 60
PLACES = ("bathroom", "hallway", "garden", "office", "bedroom", "kitchen")
PEOPLE = ("Mary", "John", "Daniel", "Sandra")

# A port of BABILong's first task: lm-eval's own, with all lengths in one run, and the length of
# each document beside it, which the stock task keeps to itself.
PORT = """
include: {stock}/babilong_qa1.yaml
task: babilong_qa1_lengths
dataset_path: ""
num_fewshot: 0
custom_dataset: !function port.load
process_results: !function port.score
"""
PORT_CODE = """
import datasets
from lm_eval.tasks.babilong.common_utils import process_results as score


def load(source="RMT-team/babilong-1k-samples", lengths=("1k", "2k", "4k"), qa_split="qa1", **_):
    parts = []
    for name in lengths:
        part = datasets.load_dataset(source, name=name, split=qa_split)
        length = [1000 * int(name.removesuffix("k"))] * len(part)
        parts.append(part.add_column("length", length))
    return {qa_split: datasets.concatenate_datasets(parts)}
"""


def seen(prompt: str) -> str:
    """What the near-sighted model says of a prompt: what it sees of the answer."""
    visible = prompt[-WINDOW:]
    needle = re.search(r"special magic numbers? for \S+ is: (\d+)", visible)
    if needle:
        return needle[1]
    who = re.search(r"Where is (\w+)", prompt[-80:])
    moves = re.findall(rf"{who[1]} went to the (\w+)", visible) if who else []
    return f"The most recent location of {who[1]} is {moves[-1]}." if who and moves else "no idea"


def write_babi(folder: Path) -> None:
    """A dataset in the layout of RMT-team/babilong-1k-samples: one fact in a long text."""
    draw = random.Random(0)
    for name in BABI_LENGTHS:
        rows = []
        for _ in range(BABI_SAMPLES):
            who, where = draw.choice(PEOPLE), draw.choice(PLACES)
            noise = ["The wind had not changed since the morning."] * (int(name[:-1]) * 1000 // 44)
            noise.insert(draw.randrange(len(noise) + 1), f"{who} went to the {where}.")
            rows.append({"input": " ".join(noise), "question": f"Where is {who}? ",
                         "target": where})  # fmt: skip
        path = folder / name / "qa1.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    configs = "".join(
        f"- config_name: {name}\n  data_files:\n  - {{split: qa1, path: {name}/qa1.jsonl}}\n"
        for name in BABI_LENGTHS
    )
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")


def main(tiny: str, out: Path) -> None:
    """Run both benchmarks on both models, and keep lm-eval's samples."""
    import nltk

    # RULER fetches a tokenizer of sentences when it is imported; the tasks here need none.
    (out / "nltk/tokenizers/punkt_tab").mkdir(parents=True)
    nltk.data.path.insert(0, str(out / "nltk"))
    import lm_eval
    import lm_eval.models  # registers hf
    from lm_eval.api.model import LM
    from lm_eval.api.registry import register_model
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    @register_model("near-sighted")
    class NearSighted(LM):  # type: ignore[misc]  # lm-eval is untyped
        def generate_until(self, requests: Sequence[Any], **_: Any) -> list[str]:
            return [seen(request.args[0]) for request in requests]

        def loglikelihood(self, requests: Sequence[Any], **_: Any) -> Any:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: Sequence[Any], **_: Any) -> Any:
            raise NotImplementedError

    stock = Path(lm_eval.__file__).parent / "tasks"
    port = out / "port"
    port.mkdir()
    (port / "babilong.yaml").write_text(PORT.format(stock=stock / "babilong"))
    (port / "port.py").write_text(PORT_CODE)
    write_babi(out / "babi")

    def run(model: str, args: Mapping[str, Any], task: str, folder: Path, facts: Any, samples: Any,
            **more: Any) -> None:  # fmt: skip
        tracker = EvaluationTracker(output_path=str(out / "results"))
        manager = TaskManager(include_path=str(folder), include_defaults=False, metadata=facts)
        found = lm_eval.simple_evaluate(
            model=model, model_args=args, tasks=[task], task_manager=manager, samples=samples,
            metadata=facts, bootstrap_iters=0, log_samples=True, **more,
        )  # fmt: skip
        tracker.general_config_tracker.model_name = model
        tracker.general_config_tracker.model_name_sanitized = model
        kept = found.pop("samples")
        tracker.save_results_aggregated(results=found, samples=kept)
        tracker.save_results_samples(task_name=task, samples=kept[task])

    ruler = {"tokenizer": tiny, "max_seq_lengths": list(RULER_LENGTHS)}
    few = [500 * i + k for i in range(len(RULER_LENGTHS)) for k in range(RULER_SAMPLES)]
    run("near-sighted", {}, "niah_single_1", stock / "ruler", ruler, {"niah_single_1": few})
    babi = {"source": str(out / "babi"), "lengths": list(BABI_LENGTHS)}
    run("near-sighted", {}, "babilong_qa1_lengths", port, babi, None)
    ruler = {"tokenizer": tiny, "max_seq_lengths": [RULER_LENGTHS[0]]}
    few = [0, 1, 2]
    run("hf", {"pretrained": tiny, "dtype": "float32"}, "niah_single_1", stock / "ruler",
        ruler, {"niah_single_1": few}, gen_kwargs={"max_gen_toks": 8}, device="cpu")  # fmt: skip


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    main(sys.argv[1], Path(sys.argv[2]))
