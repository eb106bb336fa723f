"""What inspect_ai answers: run by its own Python, with the address, and files to read and write.

python inspect_task.py BASE_URL PROMPTS.json ANSWERS.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

base_url, prompts, answers = sys.argv[1:]
os.environ |= {"LOCAL_BASE_URL": base_url, "LOCAL_API_KEY": "none"}

from inspect_ai import Task, eval  # noqa: A004, E402
from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.model import GenerateConfig  # noqa: E402
from inspect_ai.scorer import exact  # noqa: E402

asked = json.loads(Path(prompts).read_text(encoding="utf-8"))
samples = [Sample(id=i, input=one["prompt"], target=one["truth"]) for i, one in enumerate(asked, 1)]
settings = GenerateConfig(temperature=0.0, max_tokens=asked[0]["max_tokens"])
if len(asked[0].get("extra_body", {})):
    settings = settings.merge(GenerateConfig(extra_body=asked[0]["extra_body"]))
(log,) = eval(
    Task(dataset=samples, scorer=exact(), config=settings),
    model="openai-api/local/smollm2",
    log_dir=str(Path(answers).parent / "logs"),
    display="none",
)
assert log.status == "success", log.error
found = {
    str(sample.id): {
        "text": sample.output.completion,
        "right": sample.scores["exact"].value == "C" if sample.scores else False,
    }
    for sample in log.samples or []
}
Path(answers).write_text(json.dumps(found), encoding="utf-8")
