"""The phases of a starting server, by lines that vLLM 0.32 writes (the graphs: its CUDA build)."""

from __future__ import annotations

import pytest
from snellen.runners.vllm.starting import PHASES, phase_of

LOG = """\
Triton is installed, but doesn't include CPU backend. Disabling Triton.
INFO [api_utils.py:286] non-default args: {'host': '127.0.0.1', 'port': 35949}
WARNING [vllm.py:1703] Enforce eager set, disabling torch.compile, CUDAGraphs
INFO [core.py:133] Initializing a V1 LLM engine (v0.32.0) with config: kv_cache_dtype=auto
INFO [cpu_model_runner.py:68] Starting to load model some/model...
Loading safetensors checkpoint shards:  25% Completed | 2/8 [00:01<00:00,  1.83s/it]
Loading safetensors checkpoint shards: 100% Completed | 8/8 [00:01<00:00,  1.83s/it]
INFO [default_loader.py:501] Loading weights took 1.90 seconds
INFO [kv_cache_utils.py:2327] CPU KV cache size: 46,592 tokens, Maximum concurrency 22.75x
Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  33%|###   | 1/3
INFO [core.py:402] init engine (profile, create kv cache, warmup model) took 15.46 s
INFO [entry.py:140] Starting vLLM server on http://127.0.0.1:35949
"""
AT = [1, 2, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7]


@pytest.mark.parametrize("lines", range(1, 13))
def test_each_line_tells_how_far_it_has_come(lines: int) -> None:
    said = phase_of("\n".join(LOG.splitlines()[:lines]))
    assert said.startswith(f"{list(PHASES)[AT[lines - 1] - 1]} ({AT[lines - 1]} of 7)")
    assert said.endswith({6: "2/8 files", 7: "8/8 files"}.get(lines, "of 7)"))


def test_an_empty_log_is_the_first_phase() -> None:
    assert phase_of("") == "loading Python (1 of 7)"
