"""Last-token states: held against TransformerLens' cached residuals, then timed against them.

    python benchmarks/probe_lens.py [--longest 512] [--every 32] [--repeats 3] [--threads 1]

TransformerLens has an environment of its own; ``scripts/lens_env.sh`` builds it, and this file
continues in it by itself. No hub is asked: tiny random models are made here, and the bundled model
comes from its folder.

First the states: tiny models of five families and the bundled one, prompts that share a prefix,
with and without a suffix, in one pass and in cached chunks, against ``run_with_cache`` on each
prompt alone, at every depth. Exits with 1 where they differ by more than rounding. Then the time
for lengths 1 … N on the bundled model in float32, both sides in one run: TransformerLens is timed
at every ``--every``-th length and summed over all lengths by linear interpolation (``--every 1``
times them all).
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from snellen.probes.states.architecture import layers_of
from snellen.probes.states.arithmetic import full_precision
from snellen.probes.states.kinds import KINDS
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.pairs import build_prompts
from snellen.probes.states.readiness import ready
from snellen.probes.states.routes import ONE_PASS, Route
from snellen.probes.states.subject import open_subject

CHUNKS = Route("cached chunks", chunk=32)
# In units of the dtype's epsilon times the largest state at the depth; a few were seen.
TOLERANCE = 64
TINY: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
    "initializer_range": 0.2,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
GATED = {"num_key_value_heads": 2, "intermediate_size": 48, "head_dim": 8}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": GATED,
    "qwen3": GATED,
    "gemma3_text": {**GATED, "sliding_window": 16},
    "gpt2": {},
    "gpt_neox": {"intermediate_size": 48},
}


def enter_environment() -> None:
    """Continue in the environment that has TransformerLens, building it where it is missing."""
    if importlib.util.find_spec("transformer_lens") is not None:
        return
    root = Path(__file__).resolve().parents[1]
    subprocess.run(["bash", str(root / "scripts" / "lens_env.sh")], check=True)
    python = str(root / ".venv-lens" / "bin" / "python")
    os.execv(python, [python, *sys.argv])


def bridge(model: Any, tokenizer: Any) -> Any:
    """TransformerLens on a Hugging Face model, whose modules it takes over: give it a copy.

    The tokenizer is only there so that it looks for none on the hub.
    """
    from transformer_lens.model_bridge import TransformerBridge

    model.config.architectures = [type(model).__name__]
    return TransformerBridge.boot_transformers(
        "in-process", hf_model=model, tokenizer=tokenizer, dtype=model.dtype, device="cpu"
    )


def residual_names(depth: int) -> list[str]:
    """TransformerLens' names for the depths of ``depth_names`` (probes/states/last_token.py)."""
    layers = [f"blocks.{i}.hook_resid_post" for i in range(depth)]
    return ["blocks.0.hook_resid_pre", *layers, "ln_final.hook_out"]


def cached_states(lens: Any, names: list[str], ids: list[int]) -> torch.Tensor:
    """Shape (depths, d_model): the last token's residuals out of one ``run_with_cache``."""
    with torch.no_grad():
        _, cache = lens.run_with_cache(torch.tensor([ids]), names_filter=names)
    return torch.stack([cache[name][0, -1] for name in names])


def tiny_model(family: str) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **TINY, **FAMILIES[family])
    return ready(AutoModelForCausalLM.from_config(config).double(), family)


def tiny_prompts() -> list[list[int]]:
    """Beginnings of one random sequence, bare and with a suffix that calls for a cropped cache."""
    ids = np.random.default_rng(0).integers(TINY["vocab_size"], size=99).tolist()
    lengths = (1, 2, 3, 7, 16, 33, 64, 96)
    return [ids[:n] + suffix for suffix in (ids[:0], ids[-3:]) for n in lengths]


def bundled_prompts(subject: Any, lengths: list[int], template: Any) -> list[list[int]]:
    made = build_prompts(
        subject.tokenizer, KINDS["count_ones"], lengths, context=subject.context, template=template
    )
    return [list(pair.short) for pair in made.pairs]


def agree(name: str, model: Any, lens: Any, prompts: list[list[int]]) -> bool:
    """Print how far the two sides are apart; whether that is rounding."""
    names = residual_names(len(layers_of(model)))
    with full_precision(model.dtype):
        theirs = torch.stack([cached_states(lens, names, ids) for ids in prompts])
    largest = theirs.abs().amax(dim=(0, 2))
    tolerance = TOLERANCE * torch.finfo(model.dtype).eps
    within = True
    for route in (ONE_PASS, CHUNKS):
        apart = (last_token_states(model, prompts, route=route) - theirs).abs().amax(dim=(0, 2))
        worst = float((apart / largest).max())
        # Not "worst > tolerance": a NaN must not pass.
        good = worst <= tolerance
        within = within and good
        print(f"{name:13}{str(model.dtype).removeprefix('torch.'):9}{route.name:15}"
              f"{len(prompts):8d}{len(names):8d}{float(apart.max()):12.1e}"
              f"{float(largest.max()):12.1e}{worst:12.1e}"
              f"{tolerance:11.0e}  {'rounding' if good else 'DIFFERENT'}", flush=True)  # fmt: skip
    return within


def check(subject: Any) -> bool:
    print(f"{'model':13}{'dtype':9}{'route':15}{'prompts':>8}{'depths':>8}{'max |diff|':>12}"
          f"{'max |state|':>12}{'diff/state':>12}{'allowed':>11}")  # fmt: skip
    outcomes = []
    for family in FAMILIES:
        model = tiny_model(family)
        lens = bridge(copy.deepcopy(model), subject.tokenizer)
        outcomes.append(agree(family, model, lens, tiny_prompts()))
    model = subject.load(torch.float64)
    lens = bridge(subject.load(torch.float64), subject.tokenizer)
    prompts = [
        ids
        for template in ("none", "chat")
        for ids in bundled_prompts(subject, [1, 2, 16, 64], template)
    ]
    outcomes.append(agree("bundled", model, lens, prompts))
    return all(outcomes)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def race(subject: Any, longest: int, every: int, repeats: int) -> bool:
    """Print the times and their ratios; whether the timed states agree."""
    model = subject.load(torch.float32)
    lens = bridge(subject.load(torch.float32), subject.tokenizer)
    names = residual_names(len(layers_of(model)))
    lengths = list(range(1, longest + 1))
    ids = bundled_prompts(subject, lengths, "none")
    timed = sorted({1, *range(every, longest + 1, every), longest})

    def everything(prompt: list[int]) -> None:
        with torch.no_grad():
            lens.run_with_cache(torch.tensor([prompt]))

    def residuals(prompt: list[int]) -> None:
        cached_states(lens, names, prompt)

    ways = {"run_with_cache, all hooks": everything, "run_with_cache, residuals": residuals}
    within = agree("bundled", model, lens, [ids[0], ids[longest // 2], ids[-1]])
    walks: list[float] = []
    passes: dict[tuple[str, int], list[float]] = defaultdict(list)
    for _ in range(repeats):
        walks.append(seconds(lambda: last_token_states(model, ids)))
        for name, way in ways.items():
            for n in timed:
                passes[name, n].append(seconds(partial(way, ids[n - 1])))
    walk = statistics.median(walks)
    print(f"\nbundled model, float32, {torch.get_num_threads()} thread(s), lengths 1 … {longest}, "
          f"medians of {repeats} runs, TransformerLens timed at {len(timed)} lengths")  # fmt: skip
    print(f"{'states by':27}{'seconds':>9}{'longest alone s':>17}{'against one walk':>18}")
    print(f"{'one walk (Snellen)':27}{walk:9.2f}{'':17}{1:17.1f}x")
    for name in ways:
        per_length = [statistics.median(passes[name, n]) for n in timed]
        total = float(np.interp(lengths, timed, per_length).sum())
        print(f"{name:27}{total:9.1f}{per_length[-1]:17.2f}{total / walk:17.1f}x")
    return within


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longest", type=int, default=512)
    parser.add_argument("--every", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    enter_environment()
    torch.set_num_threads(args.threads)
    subject = open_subject("bundled", "cpu")
    within = check(subject)
    within = race(subject, args.longest, args.every, args.repeats) and within
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
