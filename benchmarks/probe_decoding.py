"""What the states of a count read-out cost, beside one longest pass, and what the fits add.

Seconds are of the processor, one thread: what else runs on the machine does not enter.

Run: python benchmarks/probe_decoding.py --longest 1024
"""

from __future__ import annotations

import argparse
import time

import torch
from snellen.probes.decoding.prompts import DecodingPlan, read_out_prompts
from snellen.probes.decoding.readout import Sights, read_out_table
from snellen.probes.states.architecture import decoder_of
from snellen.probes.states.last_token import last_token_states
from snellen.probes.states.routes import ONE_PASS
from snellen.probes.states.subject import open_subject


def main() -> None:
    """Print seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--longest", type=int, default=1024)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    subject = open_subject(arguments.model, "cpu")
    model = subject.load(torch.float32)
    plan = DecodingPlan(read_out=arguments.longest)
    prompts = [
        p.short for p in read_out_prompts(subject.tokenizer, "count_ones", 0, plan, subject.context)
    ]
    longest = torch.tensor([prompts[-1]])
    seconds = {}
    for name in ("one longest pass", "all states"):
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            if name == "all states":
                route = ONE_PASS._replace(chunk=1 << 30)
                states = last_token_states(model, prompts, route=route).double().numpy()
            else:
                with torch.no_grad():
                    decoder_of(model)(input_ids=longest, use_cache=False)
            best = min(best, time.process_time() - start)
        seconds[name] = best
    start = time.process_time()
    read_out_table(model, Sights(states, states, None, states), 0)
    seconds["fits and scores of all depths"] = time.process_time() - start
    for name, value in seconds.items():
        print(f"{name}: {value:.2f} s ({value / seconds['one longest pass']:.2f}x one pass)")


if __name__ == "__main__":
    main()
